// Beside the pages: the form for a new snip, or the snips of this document in the order of its pages.
import { Skeleton, Stack, Text, Title } from '@mantine/core'
import { IconQuote } from '@tabler/icons-react'
import { useEffect, useRef } from 'react'
import type { DocumentRecord, Snip } from '../app/records.ts'
import { t } from '../app/t.ts'
import { EmptyScreen } from '../ui/EmptyScreen.tsx'
import { ProblemNote } from '../ui/ProblemNote.tsx'
import classes from './ReaderPanel.module.css'
import { placeText, SnipCard } from './SnipCard.tsx'
import { SnipForm } from './SnipForm.tsx'
import { draftText, type SnipDraft } from './snip-draft.ts'
import { useCapture } from './snip-writes.ts'

interface Props {
  record: DocumentRecord
  snips: readonly Snip[]
  isLoading: boolean
  /** Why the snips could not be read. */
  error: unknown
  onRetry: () => void
  draft: SnipDraft | null
  chosen: string | undefined
  onDone: (snipId: string | null) => void
  onCancel: () => void
  onShow: (snipId: string) => void
}

const noWords = { insight: '', note: '', tags: [] }

export function ReaderPanel(props: Props) {
  const { draft, snips, chosen } = props
  const capture = useCapture(props.record.id)
  const list = useRef<HTMLUListElement>(null)
  useEffect(() => {
    if (chosen) list.current?.querySelector(`#${CSS.escape(chosen)}`)?.scrollIntoView({ block: 'nearest' })
  }, [chosen])
  if (draft) {
    return (
      <section className={classes.capture} aria-label={t('capture.title')}>
        <Title order={2} className={classes.title} visibleFrom="md">
          {t('capture.title')}
        </Title>
        <Text c="dimmed" size="sm">
          {placeText(draft)}
        </Text>
        {draft.quote ? (
          <blockquote className={`reading ${classes.quote}`}>{draftText(draft)}</blockquote>
        ) : (
          <Text className={classes.area} size="sm">
            {t('capture.areaText', {
              width: Math.round(draft.rects[0]?.width ?? 0),
              height: Math.round(draft.rects[0]?.height ?? 0),
            })}
          </Text>
        )}
        <SnipForm
          key={JSON.stringify(draft.rects)}
          initial={noWords}
          action={t('capture.action')}
          isSaving={capture.isPending}
          error={capture.error}
          onSave={(words) => capture.mutate({ draft, words }, { onSuccess: (snip) => props.onDone(snip.id) })}
          onCancel={() => {
            capture.reset()
            props.onCancel()
          }}
        />
      </section>
    )
  }
  if (props.isLoading) {
    return (
      <Stack p="md" aria-busy="true">
        <Skeleton height={14} />
        <Skeleton height={14} width="80%" />
        <Skeleton height={14} width="60%" />
      </Stack>
    )
  }
  if (props.error)
    return (
      <Stack p="md">
        <ProblemNote error={props.error} onRetry={props.onRetry} />
      </Stack>
    )
  if (snips.length === 0) {
    return <EmptyScreen icon={<IconQuote size={28} stroke={1.4} />}>{t('reader.noSnips')}</EmptyScreen>
  }
  const ordered = snips.toSorted((a, b) => a.page - b.page || (a.rects[0]?.y ?? 0) - (b.rects[0]?.y ?? 0))
  return (
    <ul ref={list} className={classes.list}>
      {ordered.map((snip) => (
        <li
          key={snip.id}
          onClickCapture={(event) => {
            const link = event.target instanceof Element ? event.target.closest('a') : null
            if (link?.href.includes(snip.id)) {
              event.preventDefault()
              props.onShow(snip.id)
            }
          }}
        >
          <SnipCard snip={snip} place="reader" isChosen={snip.id === chosen} />
        </li>
      ))}
    </ul>
  )
}
