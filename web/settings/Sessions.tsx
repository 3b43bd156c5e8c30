// Where people are signed in: this device first, each with address and last use, each revocable.
import { Button, Skeleton, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconDeviceDesktop, IconDeviceMobile } from '@tabler/icons-react'
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { closeSession } from '../app/api.gen.ts'
import { formatDevice } from '../app/formatters.ts'
import { queries } from '../app/queries.ts'
import type { Session } from '../app/records.ts'
import { t } from '../app/t.ts'
import { useSignOut } from '../app/use-sign-out.ts'
import { PageFrame } from '../ui/PageFrame.tsx'
import { PersonName } from '../ui/PersonName.tsx'
import { ProblemNote } from '../ui/ProblemNote.tsx'
import { Seal } from '../ui/Seal.tsx'
import { StateBadge } from '../ui/StateBadge.tsx'
import { When } from '../ui/When.tsx'
import classes from './settings.module.css'

export function Sessions() {
  const sessions = useInfiniteQuery(queries.sessions())
  const me = useQuery(queries.me())
  const queryClient = useQueryClient()
  const signOut = useSignOut()
  const key = queries.sessions().queryKey
  // Revoking is shown at once; a refusal brings the line back.
  const revoke = useMutation({
    mutationFn: (session: Session) => closeSession({ path: { id: session.id } }),
    onMutate: async (session) => {
      await queryClient.cancelQueries({ queryKey: key })
      const known = queryClient.getQueryData(key)
      if (known) {
        const pages = known.pages.map((page) => ({
          ...page,
          items: page.items.filter(({ id }) => id !== session.id),
        }))
        queryClient.setQueryData(key, { ...known, pages })
      }
      return { known }
    },
    onSuccess: () => notifications.show({ message: t('sessions.revoked') }),
    onError: (_error, _session, context) => queryClient.setQueryData(key, context?.known),
    onSettled: () => queryClient.invalidateQueries({ queryKey: key }),
  })
  const maySeeSeals = me.data?.permissions.includes('core.session.manage') ?? false
  const rows = (sessions.data?.pages.flatMap(({ items }) => items) ?? []).toSorted(
    (a, b) => Number(b.current) - Number(a.current),
  )
  return (
    <PageFrame title={t('sessions.title')}>
      <Text c="dimmed" className={classes.lead}>
        {t('sessions.lead')}
      </Text>
      {sessions.isError && <ProblemNote error={sessions.error} onRetry={() => void sessions.refetch()} />}
      {revoke.error && <ProblemNote error={revoke.error} kept={t('sessions.kept')} />}
      {sessions.isPending && <Skeleton height={120} />}
      <ul className={classes.list}>
        {rows.map((row) => {
          const Icon = /Mobile|Android|iPhone/.test(row.userAgent ?? '')
            ? IconDeviceMobile
            : IconDeviceDesktop
          return (
            <li key={row.id} className={classes.line}>
              <Icon size={22} stroke={1.4} aria-hidden="true" />
              {maySeeSeals && (
                <Seal
                  id={row.id}
                  name={row.userAgent ? formatDevice(row.userAgent) : t('sessions.unknownDevice')}
                  state={row.seal}
                />
              )}
              <div className={classes.grow}>
                <div className={classes.strong}>
                  {row.userAgent ? formatDevice(row.userAgent) : t('sessions.unknownDevice')}
                  {row.personId !== me.data?.person.id && (
                    <>
                      {', '}
                      <PersonName id={row.personId} />
                    </>
                  )}
                </div>
                <div className={classes.quiet}>
                  <span className="mono">{row.ip ?? '–'}</span> · {t('sessions.lastSeen')}{' '}
                  <When at={row.lastSeenAt} /> · {t('sessions.ends')} <When at={row.expiresAt} />
                </div>
              </div>
              {row.current ? (
                <>
                  <StateBadge tone="good">{t('sessions.current')}</StateBadge>
                  <Button variant="default" loading={signOut.isPending} onClick={() => signOut.mutate()}>
                    {t('person.signOut')}
                  </Button>
                </>
              ) : (
                <Button
                  variant="default"
                  aria-label={t('sessions.revokeNamed', {
                    device: formatDevice(row.userAgent ?? ''),
                    ip: row.ip ?? '',
                  })}
                  onClick={() => revoke.mutate(row)}
                >
                  {t('sessions.revoke')}
                </Button>
              )}
            </li>
          )
        })}
      </ul>
    </PageFrame>
  )
}
