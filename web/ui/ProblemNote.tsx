// An error in words: what happened, what was kept, what to do; the code small and copyable.
// Must stay true: a raw message never reaches the reader.
import { Button, Group, Text } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { problemWords } from '../app/problem-words.ts'
import { t } from '../app/t.ts'
import { CopyButton } from './CopyButton.tsx'
import classes from './ProblemNote.module.css'

interface Props {
  error: unknown
  /** What was kept, and anything special about this place. */
  kept?: ReactNode
  onRetry?: (() => void) | undefined
}

export function ProblemNote({ error, kept, onRetry }: Props) {
  const words = problemWords(error)
  return (
    <div role="alert" className={classes.root}>
      <IconAlertTriangle size={18} className={classes.icon} aria-hidden="true" />
      <div className={classes.body}>
        <Text fw={600}>{words.happened}</Text>
        {kept && <Text>{kept}</Text>}
        <Text>{words.toDo}</Text>
        <Group gap={4} mt={4}>
          <span className={`mono ${classes.code}`}>{words.code}</span>
          <CopyButton text={words.code} label={t('problem.copyCode')} />
          {onRetry && (
            <Button variant="subtle" size="compact-sm" onClick={onRetry}>
              {t('problem.retry')}
            </Button>
          )}
        </Group>
      </div>
    </div>
  )
}
