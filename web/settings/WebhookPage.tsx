// One webhook: whether it works, what can be done about it, and its delivery log.
import { Button, Group, Skeleton, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { testWebhook, updateWebhook } from '../app/api.gen.ts'
import { queries } from '../app/queries.ts'
import type { Webhook } from '../app/records.ts'
import { t } from '../app/t.ts'
import { PageFrame } from '../ui/PageFrame.tsx'
import { ProblemNote } from '../ui/ProblemNote.tsx'
import { StateBadge } from '../ui/StateBadge.tsx'
import { When } from '../ui/When.tsx'
import { EditWebhook } from './EditWebhook.tsx'
import { RemoveWebhook } from './RemoveWebhook.tsx'
import { RollWebhookSecret } from './RollWebhookSecret.tsx'
import classes from './settings.module.css'
import { WebhookDeliveries } from './WebhookDeliveries.tsx'
import { typeText, webhookState } from './webhook-words.ts'

export function WebhookPage() {
  const { webhookId } = useParams({ from: '/app/settings/webhooks/$webhookId' })
  const webhook = useQuery(queries.webhook(webhookId))
  if (webhook.isError)
    return (
      <PageFrame title={t('webhooks.title')}>
        <ProblemNote error={webhook.error} onRetry={() => void webhook.refetch()} />
        <Back />
      </PageFrame>
    )
  if (!webhook.data)
    return (
      <PageFrame title={t('webhooks.title')}>
        <Skeleton height={160} />
      </PageFrame>
    )
  return <Shown webhook={webhook.data} />
}

function Back() {
  return (
    <Button component={Link} to="/settings/webhooks" variant="subtle" size="compact-sm" mt="sm" mx={-8}>
      {t('webhooks.back')}
    </Button>
  )
}

function Shown({ webhook }: { webhook: Webhook }) {
  const queryClient = useQueryClient()
  const [editing, edit] = useDisclosure()
  const [rolling, roll] = useDisclosure()
  const [removing, remove] = useDisclosure()
  const { id, state } = webhook
  const refresh = () => {
    for (const queryKey of [['listWebhooks'], ['readWebhook', id], ['listWebhookDeliveries', id]])
      void queryClient.invalidateQueries({ queryKey })
  }
  const change = useMutation({
    mutationFn: (next: 'active' | 'paused') => updateWebhook({ path: { id }, body: { state: next } }),
    onSettled: refresh,
  })
  const test = useMutation({
    mutationFn: () => testWebhook({ path: { id } }),
    onSuccess: () => notifications.show({ message: t('webhooks.tested') }),
    onSettled: refresh,
  })
  const { tone, text } = webhookState(webhook)
  const ending = webhook.secrets.find(({ endsAt }) => endsAt !== null)?.endsAt
  return (
    <PageFrame title={webhook.name}>
      <div className={`mono ${classes.address}`}>{webhook.url}</div>
      <Group gap="sm" mt={8}>
        <StateBadge tone={tone}>{text}</StateBadge>
        {webhook.waiting > 0 && (
          <span className={classes.quiet}>{t('webhooks.waiting', { count: webhook.waiting })}</span>
        )}
        {state === 'active' && webhook.failingSince && (
          <span className={classes.quiet}>
            {t('webhooks.failingSince')} <When at={webhook.failingSince} />
          </span>
        )}
      </Group>
      {webhook.reason && <Text mt={8}>{t(`webhooks.why.${webhook.reason}`)}</Text>}
      <Text className={classes.quiet ?? ''} mt={8}>
        {webhook.types.map(typeText).join(' · ')}
      </Text>
      {ending && (
        <Text className={classes.quiet ?? ''}>
          {t('webhooks.secretEnds')} <When at={ending} />
        </Text>
      )}
      {(change.error ?? test.error) && (
        <ProblemNote error={change.error ?? test.error} kept={t('webhooks.kept')} />
      )}
      <Group mt="md" gap="xs">
        {state === 'active' ? (
          <Button loading={test.isPending} onClick={() => test.mutate()}>
            {t('webhooks.test')}
          </Button>
        ) : (
          <Button loading={change.isPending} onClick={() => change.mutate('active')}>
            {t('webhooks.resume')}
          </Button>
        )}
        <Button variant="default" onClick={edit.open}>
          {t('webhooks.edit')}
        </Button>
        {state === 'active' && (
          <Button variant="default" loading={change.isPending} onClick={() => change.mutate('paused')}>
            {t('webhooks.pause')}
          </Button>
        )}
        <Button variant="default" onClick={roll.open}>
          {t('webhooks.roll')}
        </Button>
        <Button variant="default" onClick={remove.open}>
          {t('webhooks.remove')}
        </Button>
      </Group>
      <WebhookDeliveries webhook={webhook} onResent={refresh} />
      <Back />
      <EditWebhook webhook={webhook} opened={editing} onClose={edit.close} onChanged={refresh} />
      <RollWebhookSecret webhook={webhook} opened={rolling} onClose={roll.close} onRolled={refresh} />
      <RemoveWebhook webhook={webhook} opened={removing} onClose={remove.close} />
    </PageFrame>
  )
}
