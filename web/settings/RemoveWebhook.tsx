// Deleting a webhook: what will be gone, and that it cannot come back.
import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { removeWebhook } from '../app/api.gen.ts'
import type { Webhook } from '../app/records.ts'
import { t } from '../app/t.ts'
import { ProblemNote } from '../ui/ProblemNote.tsx'

interface Props {
  webhook: Webhook
  opened: boolean
  onClose: () => void
}

export function RemoveWebhook({ webhook, opened, onClose }: Props) {
  const queryClient = useQueryClient()
  const navigate = useNavigate()
  const remove = useMutation({
    mutationFn: () => removeWebhook({ path: { id: webhook.id } }),
    onSuccess: async () => {
      notifications.show({ message: t('webhooks.removed', { name: webhook.name }) })
      await navigate({ to: '/settings/webhooks' })
      void queryClient.invalidateQueries({ queryKey: ['listWebhooks'] })
    },
  })
  return (
    <Modal opened={opened} onClose={onClose} title={t('webhooks.removeNamed', { name: webhook.name })}>
      <Stack>
        <Text>{t('webhooks.removeText')}</Text>
        {remove.error && <ProblemNote error={remove.error} kept={t('webhooks.removeKept')} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('action.keep')}
          </Button>
          <Button color="vermilion" loading={remove.isPending} onClick={() => remove.mutate()}>
            {t('webhooks.remove')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
