// What a form ends with when it made a secret: that it is shown this once, the secrets, and the way out.
import { Alert, Button, Group, Stack } from '@mantine/core'
import type { ReactNode } from 'react'
import { t } from '../app/t.ts'

export function ShownOnce({
  note,
  onDone,
  children,
}: {
  note: string
  onDone: () => void
  children: ReactNode
}) {
  return (
    <Stack>
      <Alert color="amber" variant="light">
        {note}
      </Alert>
      {children}
      <Group justify="flex-end">
        <Button onClick={onDone}>{t('action.done')}</Button>
      </Group>
    </Stack>
  )
}
