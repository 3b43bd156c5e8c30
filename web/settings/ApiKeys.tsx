// API keys: what each is for, what it may do, when it was last used; making, rolling over and revoking them.
import { Button, Group, Modal, Skeleton, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { notifications } from '@mantine/notifications'
import { IconKey } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { revokeApiKey } from '../app/api.gen.ts'
import { queries } from '../app/queries.ts'
import type { ApiKey } from '../app/records.ts'
import { t } from '../app/t.ts'
import { DocsLink } from '../ui/DocsLink.tsx'
import { EmptyScreen } from '../ui/EmptyScreen.tsx'
import { PageFrame } from '../ui/PageFrame.tsx'
import { PersonName } from '../ui/PersonName.tsx'
import { ProblemNote } from '../ui/ProblemNote.tsx'
import { Seal } from '../ui/Seal.tsx'
import { When } from '../ui/When.tsx'
import { ApiKeySecrets } from './ApiKeySecrets.tsx'
import { MakeApiKey } from './MakeApiKey.tsx'
import classes from './settings.module.css'

export function ApiKeys() {
  const keys = useQuery(queries.apiKeys())
  const queryClient = useQueryClient()
  const [making, make] = useDisclosure()
  const [revoking, setRevoking] = useState<ApiKey | null>(null)
  const [signing, setSigning] = useState<string | null>(null)
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
          {t('apiKeys.lead')} <DocsLink to="api" /> · <DocsLink to="signing" />
        </Text>
      )}
      {keys.isError && <ProblemNote error={keys.error} onRetry={() => void keys.refetch()} />}
      {keys.isPending && <Skeleton height={120} />}
      {keys.isSuccess && rows.length === 0 && (
        <EmptyScreen icon={<IconKey size={28} stroke={1.4} />} action={action}>
          {t('apiKeys.empty')} <DocsLink to="api" /> · <DocsLink to="signing" />
        </EmptyScreen>
      )}
      {rows.length > 0 && (
        <ul className={classes.list}>
          {rows.map((row) => (
            <KeyLine
              key={row.id}
              row={row}
              onSigning={() => setSigning(row.id)}
              onRevoke={() => setRevoking(row)}
            />
          ))}
        </ul>
      )}
      <MakeApiKey opened={making} onClose={make.close} onMade={refresh} />
      <ApiKeySecrets
        apiKey={rows.find(({ id }) => id === signing) ?? null}
        onClose={() => setSigning(null)}
        onChanged={refresh}
      />
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

function KeyLine({ row, onSigning, onRevoke }: { row: ApiKey; onSigning: () => void; onRevoke: () => void }) {
  const held = row.isScoped ? t('apiKeys.held', { count: row.permissions.length }) : t('apiKeys.full')
  return (
    <li className={classes.line}>
      <Seal id={row.id} name={row.name} state={row.seal} />
      <div className={classes.grow}>
        <div className={classes.strong}>
          <bdi>{row.name}</bdi>{' '}
          <span className={`mono ${classes.quiet}`}>{t('apiKeys.prefix', { prefix: row.prefix })}</span>
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
        <div className={classes.quiet}>
          <span title={row.isScoped ? row.permissions.join(', ') : undefined}>{held}</span>
          {row.domains.length > 0 && <> · {t('apiKeys.speaksFor', { domains: row.domains.join(', ') })}</>}
          {row.allowsWeakAlgorithms && <> · {t('apiKeys.weakShort')}</>}
        </div>
      </div>
      <Button
        variant="default"
        aria-label={t('apiKeys.secretsNamed', { name: row.name })}
        onClick={onSigning}
      >
        {t('apiKeys.secrets')}
      </Button>
      <Button variant="default" aria-label={t('apiKeys.revokeNamed', { name: row.name })} onClick={onRevoke}>
        {t('apiKeys.revoke')}
      </Button>
    </li>
  )
}
