// A new secret for a webhook: how long the present one signs beside it, then the new one, once.
import { Button, Group, Modal, Select, Stack, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { rollWebhookSecret } from '../app/api.gen.ts'
import type { Webhook } from '../app/records.ts'
import { t } from '../app/t.ts'
import { ProblemNote } from '../ui/ProblemNote.tsx'
import { ShownOnce } from './ShownOnce.tsx'
import { ShownSecret } from './ShownSecret.tsx'

const overlaps = ['0', '24', '168'] as const

interface Props {
  webhook: Webhook
  opened: boolean
  onClose: () => void
  onRolled: () => void
}

export function RollWebhookSecret({ webhook, opened, onClose, onRolled }: Props) {
  const [overlap, setOverlap] = useState('24')
  const roll = useMutation({
    mutationFn: () =>
      rollWebhookSecret({ path: { id: webhook.id }, body: { overlapHours: Number(overlap) } }),
    onSuccess: onRolled,
  })
  const close = () => {
    onClose()
    roll.reset()
  }
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={roll.data ? t('webhooks.rolled') : t('webhooks.rollNamed', { name: webhook.name })}
      closeOnClickOutside={!roll.data}
    >
      {roll.data ? (
        <ShownOnce note={t('webhooks.once')} onDone={close}>
          <ShownSecret label={t('webhooks.secret')} text={roll.data.secret} copy={t('webhooks.copySecret')} />
        </ShownOnce>
      ) : (
        <Stack>
          <Text>{t('webhooks.rollText')}</Text>
          {roll.error && <ProblemNote error={roll.error} kept={t('webhooks.kept')} />}
          <Select
            label={t('webhooks.overlap')}
            allowDeselect={false}
            data={overlaps.map((value) => ({ value, label: t(`webhooks.overlap.${value}`) }))}
            value={overlap}
            onChange={(value) => setOverlap(value ?? '24')}
          />
          <Group justify="flex-end">
            <Button loading={roll.isPending} onClick={() => roll.mutate()}>
              {t('webhooks.roll')}
            </Button>
          </Group>
        </Stack>
      )}
    </Modal>
  )
}
