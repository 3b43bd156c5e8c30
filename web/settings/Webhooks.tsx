// Webhooks: which addresses are told of what, and whether it arrives.
import { Button, Skeleton, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconWebhook } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { queries } from '../app/queries.ts'
import type { Webhook } from '../app/records.ts'
import { t } from '../app/t.ts'
import { DocsLink } from '../ui/DocsLink.tsx'
import { EmptyScreen } from '../ui/EmptyScreen.tsx'
import { PageFrame } from '../ui/PageFrame.tsx'
import { ProblemNote } from '../ui/ProblemNote.tsx'
import { Seal } from '../ui/Seal.tsx'
import { StateBadge } from '../ui/StateBadge.tsx'
import { When } from '../ui/When.tsx'
import { EditWebhook } from './EditWebhook.tsx'
import classes from './settings.module.css'
import { webhookState } from './webhook-words.ts'

export function Webhooks() {
  const webhooks = useQuery(queries.webhooks())
  const queryClient = useQueryClient()
  const [making, make] = useDisclosure()
  const rows = webhooks.data?.items ?? []
  const action = (
    <Button leftSection={<IconWebhook size={16} stroke={1.5} />} onClick={make.open}>
      {t('webhooks.make')}
    </Button>
  )
  return (
    <PageFrame
      title={t('webhooks.title')}
      action={rows.length > 0 && <Button onClick={make.open}>{t('webhooks.makeShort')}</Button>}
    >
      {rows.length > 0 && (
        <Text c="dimmed" className={classes.lead}>
          {t('webhooks.lead')} <DocsLink to="webhooks" />
        </Text>
      )}
      {webhooks.isError && <ProblemNote error={webhooks.error} onRetry={() => void webhooks.refetch()} />}
      {webhooks.isPending && <Skeleton height={120} />}
      {webhooks.isSuccess && rows.length === 0 && (
        <EmptyScreen icon={<IconWebhook size={28} stroke={1.4} />} action={action}>
          {t('webhooks.empty')} <DocsLink to="webhooks" />
        </EmptyScreen>
      )}
      {rows.length > 0 && (
        <ul className={classes.list}>
          {rows.map((row) => (
            <WebhookLine key={row.id} row={row} />
          ))}
        </ul>
      )}
      <EditWebhook
        webhook={null}
        opened={making}
        onClose={make.close}
        onChanged={() => queryClient.invalidateQueries({ queryKey: ['listWebhooks'] })}
      />
    </PageFrame>
  )
}

function WebhookLine({ row }: { row: Webhook }) {
  const { tone, text } = webhookState(row)
  return (
    <li className={classes.line}>
      <Seal id={row.id} name={row.name} state={row.seal} />
      <div className={classes.grow}>
        <Link
          to="/settings/webhooks/$webhookId"
          params={{ webhookId: row.id }}
          className={classes.strong ?? ''}
        >
          <bdi>{row.name}</bdi>
        </Link>
        <div className={`mono ${classes.quiet} ${classes.address}`}>{row.url}</div>
        <div className={classes.quiet}>
          {t('webhooks.events', { count: row.types.length })}
          {row.waiting > 0 && <> · {t('webhooks.waiting', { count: row.waiting })}</>}
          {row.failingSince && (
            <>
              {' '}
              · {t('webhooks.failingSince')} <When at={row.failingSince} />
            </>
          )}
        </div>
      </div>
      <StateBadge tone={tone}>{text}</StateBadge>
    </li>
  )
}
