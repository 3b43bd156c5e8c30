// Words to find in this document, how often they stand there, next and previous.
import { ActionIcon, TextInput, Tooltip } from '@mantine/core'
import { IconChevronDown, IconChevronUp, IconSearch, IconX } from '@tabler/icons-react'
import { useState } from 'react'
import { problemWords } from '../app/problem-words.ts'
import { t } from '../app/t.ts'
import classes from './FindBar.module.css'
import type { Find } from './use-find.ts'

interface Props {
  find: Find
  query: string
  onQuery: (text: string) => void
  onClose: () => void
}

function resultText(find: Find): string {
  if (find.query === '') return ''
  if (find.failed) return problemWords(find.failed).happened
  if (find.searched < find.pageCount)
    return t('find.searching', { count: find.hits.length, searched: find.searched, total: find.pageCount })
  return find.hits.length === 0
    ? t('find.none')
    : t('find.position', { index: find.index + 1, count: find.hits.length })
}

export function FindBar({ find, query, onQuery, onClose }: Props) {
  const [typed, setTyped] = useState(query)
  return (
    <search className={classes.root}>
      <TextInput
        autoFocus
        className={classes.input ?? ''}
        leftSection={<IconSearch size={16} stroke={1.5} />}
        aria-label={t('find.label')}
        placeholder={t('find.label')}
        value={typed}
        onChange={(event) => {
          setTyped(event.currentTarget.value)
          onQuery(event.currentTarget.value)
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') find.step(event.shiftKey ? -1 : 1)
          if (event.key === 'Escape') onClose()
        }}
      />
      <span role="status" className={find.failed ? classes.failed : classes.result}>
        {resultText(find)}
      </span>
      <Tooltip label={t('find.previous')}>
        <ActionIcon
          aria-label={t('find.previous')}
          disabled={find.hits.length === 0}
          onClick={() => find.step(-1)}
        >
          <IconChevronUp size={18} />
        </ActionIcon>
      </Tooltip>
      <Tooltip label={t('find.next')}>
        <ActionIcon
          aria-label={t('find.next')}
          disabled={find.hits.length === 0}
          onClick={() => find.step(1)}
        >
          <IconChevronDown size={18} />
        </ActionIcon>
      </Tooltip>
      <Tooltip label={t('find.close')}>
        <ActionIcon aria-label={t('find.close')} onClick={onClose}>
          <IconX size={18} />
        </ActionIcon>
      </Tooltip>
    </search>
  )
}
