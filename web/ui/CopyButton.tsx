// Copies a text and says so for a moment; the word changes, not only the colour.
import { ActionIcon, Button, Tooltip } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import { t } from '../app/t.ts'

interface Props {
  text: string
  label: string
  shape?: 'icon' | 'button'
}

export function CopyButton({ text, label, shape = 'icon' }: Props) {
  const clipboard = useClipboard({ timeout: 1600 })
  const icon = clipboard.copied ? <IconCheck size={16} /> : <IconCopy size={16} />
  const said = clipboard.copied ? t('copy.done') : label
  if (shape === 'button') {
    return (
      <Button variant="default" leftSection={icon} onClick={() => clipboard.copy(text)}>
        {said}
      </Button>
    )
  }
  return (
    <Tooltip label={said}>
      <ActionIcon size={24} aria-label={said} onClick={() => clipboard.copy(text)}>
        {icon}
      </ActionIcon>
    </Tooltip>
  )
}
