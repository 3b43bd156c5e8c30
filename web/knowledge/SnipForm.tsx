// What a person makes of a passage: the insight first, then a note and tags. Used to capture and to change.
import { Button, Group, Stack, TagsInput, Textarea } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { queries } from '../app/queries.ts'
import { t } from '../app/t.ts'
import { ProblemNote } from '../ui/ProblemNote.tsx'
import type { SnipWords } from './snip-draft.ts'

interface Props {
  initial: SnipWords
  action: string
  isSaving: boolean
  error: unknown
  onSave: (words: SnipWords) => void
  onCancel: () => void
}

export function SnipForm({ initial, action, isSaving, error, onSave, onCancel }: Props) {
  const [words, setWords] = useState(initial)
  const tags = useQuery(queries.tags())
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!isSaving) onSave({ insight: words.insight.trim(), note: words.note.trim(), tags: words.tags })
  }
  return (
    <form
      onSubmit={submit}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit(event)
      }}
    >
      <Stack gap="sm">
        <Textarea
          label={t('capture.insight')}
          description={t('capture.insightHelp')}
          autoFocus
          data-autofocus
          autosize
          minRows={2}
          maxRows={6}
          maxLength={2000}
          value={words.insight}
          onChange={(event) => setWords({ ...words, insight: event.currentTarget.value })}
        />
        <Textarea
          label={t('capture.note')}
          autosize
          minRows={2}
          maxRows={10}
          maxLength={20000}
          value={words.note}
          onChange={(event) => setWords({ ...words, note: event.currentTarget.value })}
        />
        <TagsInput
          label={t('capture.tags')}
          placeholder={words.tags.length === 0 ? t('capture.tagsHelp') : ''}
          data={(tags.data?.items ?? []).map((one) => one.tag)}
          value={words.tags}
          maxTags={32}
          comboboxProps={{ position: 'top-start', middlewares: { flip: false } }}
          onChange={(next) => setWords({ ...words, tags: next.map((tag) => tag.slice(0, 64)) })}
        />
        {error ? <ProblemNote error={error} kept={t('signUp.kept')} /> : null}
        <Group gap="xs">
          <Button type="submit" loading={isSaving}>
            {action}
          </Button>
          <Button variant="subtle" color="gray" onClick={onCancel}>
            {t('action.cancel')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
