// Text that is shown once: what it is, the text itself, and a button that copies it.
import { Group, Text } from '@mantine/core'
import { CopyButton } from '../ui/CopyButton.tsx'
import classes from './settings.module.css'

export function ShownSecret({ label, text, copy }: { label: string; text: string; copy: string }) {
  return (
    <div>
      <Group justify="space-between" mb={4}>
        <Text size="sm">{label}</Text>
        <CopyButton text={text} label={copy} />
      </Group>
      <code className={classes.secret}>{text}</code>
    </div>
  )
}
