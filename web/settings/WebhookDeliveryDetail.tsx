// One delivery: what is sent, every attempt with what was answered, and sending it again.
import { Button, Group, Modal, Skeleton, Stack, Text, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { resendWebhookDelivery } from '../app/api.gen.ts'
import { formatNumber } from '../app/formatters.ts'
import { queries } from '../app/queries.ts'
import type { Webhook, WebhookAttempt } from '../app/records.ts'
import { t } from '../app/t.ts'
import { CopyButton } from '../ui/CopyButton.tsx'
import { ProblemNote } from '../ui/ProblemNote.tsx'
import { When } from '../ui/When.tsx'
import classes from './settings.module.css'
import { outcomeText, typeText } from './webhook-words.ts'

interface Props {
  webhook: Webhook
  /** The delivery that is shown; null shows nothing. */
  deliveryId: string | null
  onClose: () => void
  onResent: () => void
}

export function WebhookDeliveryDetail({ webhook, deliveryId, onClose, onResent }: Props) {
  const queryClient = useQueryClient()
  const delivery = deliveryId ?? ''
  const found = useQuery({ ...queries.webhookDelivery(webhook.id, delivery), enabled: deliveryId !== null })
  const resend = useMutation({
    mutationFn: () => resendWebhookDelivery({ path: { id: webhook.id, delivery } }),
    onSuccess: () => notifications.show({ message: t('deliveries.resent') }),
    onSettled: () => {
      void queryClient.invalidateQueries({ queryKey: ['readWebhookDelivery', webhook.id, delivery] })
      onResent()
    },
  })
  const close = () => {
    resend.reset()
    onClose()
  }
  const { data } = found
  return (
    <Modal
      opened={deliveryId !== null}
      onClose={close}
      size="lg"
      title={data ? typeText(data.type) : t('deliveries.title')}
    >
      {found.isError && <ProblemNote error={found.error} onRetry={() => void found.refetch()} />}
      {found.isPending && <Skeleton height={160} />}
      {data && (
        <Stack>
          <div>
            <Group justify="space-between" mb={4}>
              <Text size="sm">{t('deliveries.body')}</Text>
              <CopyButton text={data.body} label={t('deliveries.copyBody')} />
            </Group>
            <code className={classes.secret}>{data.body}</code>
          </div>
          <div>
            <Title order={3} className={classes.heading ?? ''}>
              {t('deliveries.log')}
            </Title>
            {data.log.length === 0 && <Text c="dimmed">{t('deliveries.noAttempts')}</Text>}
            <ol className={classes.list}>
              {data.log.toReversed().map((attempt) => (
                <AttemptLine key={attempt.at} attempt={attempt} />
              ))}
            </ol>
          </div>
          {resend.error && <ProblemNote error={resend.error} kept={t('deliveries.resendKept')} />}
          <Group justify="flex-end">
            <Button
              loading={resend.isPending}
              disabled={webhook.state !== 'active'}
              onClick={() => resend.mutate()}
            >
              {t('deliveries.resend')}
            </Button>
          </Group>
        </Stack>
      )}
    </Modal>
  )
}

function AttemptLine({ attempt }: { attempt: WebhookAttempt }) {
  return (
    <li className={classes.line}>
      <div className={classes.grow}>
        <div>{outcomeText(attempt.outcome, attempt.status)}</div>
        <div className={classes.quiet}>
          <When at={attempt.at} /> ·{' '}
          {t('deliveries.took', { milliseconds: formatNumber(attempt.milliseconds) })}
        </div>
        {attempt.answer !== null && (
          <div className={classes.quiet}>
            {t('deliveries.answer')} <bdi className={`mono ${classes.address}`}>{attempt.answer}</bdi>
          </div>
        )}
      </div>
    </li>
  )
}
