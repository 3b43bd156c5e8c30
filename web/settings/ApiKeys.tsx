// API keys: what each is for, when it was last used; a new one is shown once, here and never again.
import { Alert, Button, Group, Modal, Select, Skeleton, Stack, Text, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { notifications } from '@mantine/notifications'
import { IconKey } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { createApiKey, revokeApiKey } from '../app/api.gen.ts'
import { queries } from '../app/queries.ts'
import type { ApiKey } from '../app/records.ts'
import { t } from '../app/t.ts'
import { CopyButton } from '../ui/CopyButton.tsx'
import { EmptyScreen } from '../ui/EmptyScreen.tsx'
import { PageFrame } from '../ui/PageFrame.tsx'
import { PersonName } from '../ui/PersonName.tsx'
import { ProblemNote } from '../ui/ProblemNote.tsx'
import { Seal } from '../ui/Seal.tsx'
import { When } from '../ui/When.tsx'
import classes from './settings.module.css'

const lifetimes = ['30', '90', '365', 'never'] as const

/** The moment a number of days from now, or undefined for a key without an end. */
function endOf(lifetime: string, now: Date): string | undefined {
  return lifetime === 'never'
    ? undefined
    : new Date(now.getTime() + Number(lifetime) * 86_400_000).toISOString()
}

export function ApiKeys() {
  const keys = useQuery(queries.apiKeys())
  const queryClient = useQueryClient()
  const [making, make] = useDisclosure()
  const [revoking, setRevoking] = useState<ApiKey | null>(null)
  const refresh = () => queryClient.invalidateQueries({ queryKey: ['listApiKeys'] })
  const revoke = useMutation({
    mutationFn: (key: ApiKey) => revokeApiKey({ path: { id: key.id } }),
    onSuccess: (_answer, key) => {
      notifications.show({ message: t('apiKeys.revoked', { name: key.name }) })
      setRevoking(null)
    },
    onSettled: refresh,
  })
  const rows = keys.data?.items ?? []
  const action = (
    <Button leftSection={<IconKey size={16} stroke={1.5} />} onClick={make.open}>
      {t('apiKeys.make')}
    </Button>
  )
  return (
    <PageFrame title={t('apiKeys.title')} action={rows.length > 0 && action}>
      {rows.length > 0 && (
        <Text c="dimmed" className={classes.lead}>
          {t('apiKeys.lead')}
        </Text>
      )}
      {keys.isError && <ProblemNote error={keys.error} onRetry={() => void keys.refetch()} />}
      {keys.isPending && <Skeleton height={120} />}
      {keys.isSuccess && rows.length === 0 && (
        <EmptyScreen icon={<IconKey size={28} stroke={1.4} />} action={action}>
          {t('apiKeys.empty')}
        </EmptyScreen>
      )}
      {rows.length > 0 && (
        <ul className={classes.list}>
          {rows.map((row) => (
            <li key={row.id} className={classes.line}>
              <Seal id={row.id} name={row.name} state={row.seal} />
              <div className={classes.grow}>
                <div className={classes.strong}>
                  <bdi>{row.name}</bdi>{' '}
                  <span className={`mono ${classes.quiet}`}>
                    {t('apiKeys.prefix', { prefix: row.prefix })}
                  </span>
                </div>
                <div className={classes.quiet}>
                  <PersonName id={row.createdBy} />, <When at={row.createdAt} /> ·{' '}
                  {row.lastUsedAt ? (
                    <>
                      {t('apiKeys.lastUsed')} <When at={row.lastUsedAt} />
                    </>
                  ) : (
                    t('apiKeys.neverUsed')
                  )}{' '}
                  ·{' '}
                  {row.expiresAt ? (
                    <>
                      {t('apiKeys.ends')} <When at={row.expiresAt} />
                    </>
                  ) : (
                    t('apiKeys.noEnd')
                  )}
                </div>
              </div>
              <Button
                variant="default"
                aria-label={t('apiKeys.revokeNamed', { name: row.name })}
                onClick={() => setRevoking(row)}
              >
                {t('apiKeys.revoke')}
              </Button>
            </li>
          ))}
        </ul>
      )}
      <MakeKey opened={making} onClose={make.close} onMade={refresh} />
      <Modal
        opened={revoking !== null}
        onClose={() => setRevoking(null)}
        title={t('apiKeys.revokeNamed', { name: revoking?.name ?? '' })}
      >
        <Stack>
          <Text>{t('apiKeys.revokeText')}</Text>
          {revoke.error && <ProblemNote error={revoke.error} kept={t('apiKeys.kept')} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={() => setRevoking(null)}>
              {t('action.keep')}
            </Button>
            <Button
              color="vermilion"
              loading={revoke.isPending}
              onClick={() => revoking && revoke.mutate(revoking)}
            >
              {t('apiKeys.revoke')}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </PageFrame>
  )
}

function MakeKey({ opened, onClose, onMade }: { opened: boolean; onClose: () => void; onMade: () => void }) {
  const [name, setName] = useState('')
  const [lifetime, setLifetime] = useState<string>('90')
  const create = useMutation({
    mutationFn: () => {
      const expiresAt = endOf(lifetime, new Date())
      return createApiKey({ body: { name: name.trim(), ...(expiresAt ? { expiresAt } : {}) } })
    },
    onSuccess: onMade,
  })
  const close = () => {
    onClose()
    setName('')
    create.reset()
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!create.isPending) create.mutate()
  }
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={create.data ? t('apiKeys.made', { name: create.data.name }) : t('apiKeys.make')}
      closeOnClickOutside={!create.data}
    >
      {create.data ? (
        <Stack>
          <Alert color="amber" variant="light">
            {t('apiKeys.once')}
          </Alert>
          <code className={classes.secret}>{create.data.key}</code>
          <Group justify="space-between">
            <CopyButton text={create.data.key} label={t('apiKeys.copy')} shape="button" />
            <Button onClick={close}>{t('apiKeys.done')}</Button>
          </Group>
        </Stack>
      ) : (
        <form onSubmit={submit}>
          <Stack>
            {create.error && <ProblemNote error={create.error} kept={t('signUp.kept')} />}
            <TextInput
              label={t('apiKeys.name')}
              description={t('apiKeys.nameHelp')}
              required
              withAsterisk={false}
              maxLength={200}
              data-autofocus
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <Select
              label={t('apiKeys.lifetime')}
              allowDeselect={false}
              data={lifetimes.map((value) => ({ value, label: t(`apiKeys.lifetime.${value}`) }))}
              value={lifetime}
              onChange={(value) => setLifetime(value ?? '90')}
            />
            <Text c="dimmed" size="sm">
              {t('apiKeys.power')}
            </Text>
            <Group justify="flex-end">
              <Button type="submit" loading={create.isPending}>
                {t('apiKeys.make')}
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  )
}
