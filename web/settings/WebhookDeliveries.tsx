// The delivery log of a webhook: newest first, by state, each with its attempts and the way to send it again.
import { Button, Group, Select, Skeleton, Title } from '@mantine/core'
import { IconSend } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { queries } from '../app/queries.ts'
import type { Webhook, WebhookDelivery } from '../app/records.ts'
import { t } from '../app/t.ts'
import { EmptyScreen } from '../ui/EmptyScreen.tsx'
import { ProblemNote } from '../ui/ProblemNote.tsx'
import { StateBadge } from '../ui/StateBadge.tsx'
import { When } from '../ui/When.tsx'
import classes from './settings.module.css'
import { WebhookDeliveryDetail } from './WebhookDeliveryDetail.tsx'
import { deliveryTones, outcomeText, typeText } from './webhook-words.ts'

const states = ['waiting', 'delivered', 'failed'] as const

export function WebhookDeliveries({ webhook, onResent }: { webhook: Webhook; onResent: () => void }) {
  const [state, setState] = useState<(typeof states)[number] | undefined>()
  const [shown, setShown] = useState<string | null>(null)
  const deliveries = useInfiniteQuery(queries.webhookDeliveries(webhook.id, state))
  const rows = deliveries.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <section>
      <Group justify="space-between" mt="xl" mb="xs">
        <Title order={2} className={classes.heading ?? ''}>
          {t('deliveries.title')}
        </Title>
        <Select
          aria-label={t('deliveries.state')}
          placeholder={t('deliveries.anyState')}
          clearable
          w={160}
          data={states.map((value) => ({ value, label: t(`deliveries.state.${value}`) }))}
          value={state ?? null}
          onChange={(value) => setState(states.find((one) => one === value))}
        />
      </Group>
      {deliveries.isError && (
        <ProblemNote error={deliveries.error} onRetry={() => void deliveries.refetch()} />
      )}
      {deliveries.isPending && <Skeleton height={120} />}
      {deliveries.isSuccess && rows.length === 0 && (
        <EmptyScreen icon={<IconSend size={28} stroke={1.4} />}>
          {state ? t('deliveries.noMatch') : t('deliveries.empty')}
        </EmptyScreen>
      )}
      {rows.length > 0 && (
        <ul className={classes.list}>
          {rows.map((row) => (
            <DeliveryLine key={row.id} row={row} onShow={() => setShown(row.id)} />
          ))}
        </ul>
      )}
      {deliveries.hasNextPage && (
        <Button
          variant="default"
          mt="sm"
          loading={deliveries.isFetchingNextPage}
          onClick={() => void deliveries.fetchNextPage()}
        >
          {t('deliveries.more')}
        </Button>
      )}
      <WebhookDeliveryDetail
        webhook={webhook}
        deliveryId={shown}
        onClose={() => setShown(null)}
        onResent={onResent}
      />
    </section>
  )
}

function DeliveryLine({ row, onShow }: { row: WebhookDelivery; onShow: () => void }) {
  const said = outcomeText(row.lastOutcome, row.lastStatus)
  return (
    <li className={classes.line}>
      <div className={classes.grow}>
        <button
          type="button"
          className={classes.opens}
          aria-label={t('deliveries.open', { type: typeText(row.type) })}
          onClick={onShow}
        >
          {typeText(row.type)}
        </button>
        <div className={classes.quiet}>
          <When at={row.at} /> · {t('deliveries.attempts', { count: row.attempts })}
          {said !== '' && <> · {said}</>}
          {row.nextAt && row.attempts > 0 && (
            <>
              {' '}
              · {t('deliveries.next')} <When at={row.nextAt} />
            </>
          )}
        </div>
      </div>
      <StateBadge tone={deliveryTones[row.state]}>{t(`deliveries.state.${row.state}`)}</StateBadge>
    </li>
  )
}
