// A document: its pages when it can be read, and a clear state while it is being read or when it cannot be.
import { Button, Group, Progress, Skeleton, Stack, Text, Title } from '@mantine/core'
import { IconDownload, IconFileOff, IconHourglass } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, Navigate, useParams } from '@tanstack/react-router'
import { readDocumentContentAddress } from '../app/api.gen.ts'
import { ApiProblem } from '../app/api-call.ts'
import { formatBytes } from '../app/formatters.ts'
import { problemWords } from '../app/problem-words.ts'
import { queries } from '../app/queries.ts'
import type { DocumentRecord } from '../app/records.ts'
import { t } from '../app/t.ts'
import { ProblemNote } from '../ui/ProblemNote.tsx'
import { Seal } from '../ui/Seal.tsx'
import { unreadableText } from './DocumentState.tsx'
import { PdfReader } from './PdfReader.tsx'
import classes from './Reader.module.css'
import { titleOf } from './title-of.ts'

export function Reader() {
  const { documentId } = useParams({ from: '/app/knowledge/documents/$documentId' })
  const record = useQuery(queries.document(documentId))
  const isReady = record.data?.state === 'ready'
  const pages = useQuery({ ...queries.pages(documentId), enabled: isReady })
  if (record.isError || pages.isError) {
    return (
      <div className={classes.state}>
        <title>{t('shell.documentTitle', { title: t('reader.notOpened') })}</title>
        <h1 className="visually-hidden">{t('reader.notOpened')}</h1>
        <ProblemNote
          error={record.error ?? pages.error}
          onRetry={() => void (record.isError ? record : pages).refetch()}
        />
        <Button component={Link} to="/knowledge" variant="default" mt="md">
          {t('reader.back')}
        </Button>
      </div>
    )
  }
  // Asked for under one id, and the same bytes were here under another.
  if (record.data && record.data.id !== documentId)
    return <Navigate to="/knowledge/documents/$documentId" params={{ documentId: record.data.id }} replace />
  if (record.data && !isReady) return <NotReadable record={record.data} />
  if (!record.data || !pages.data) {
    return (
      <div className={classes.loading} aria-busy="true">
        <Skeleton height={36} mb="lg" />
        <Skeleton height="70vh" maw={680} mx="auto" />
      </div>
    )
  }
  return <PdfReader key={documentId} record={record.data} pages={pages.data.items} />
}

const HEADINGS = {
  fetching: 'reader.fetching',
  unfetched: 'reader.unfetched',
  unreadable: 'reader.unreadable',
  received: 'reader.reading',
  reading: 'reader.reading',
  ready: 'reader.reading',
} as const

/** What a person should know of a document that is not there to read. */
function whyText({ state, reason }: DocumentRecord): string {
  if (state === 'fetching') return t('reader.fetchingText')
  if (state === 'unreadable') return unreadableText(reason)
  if (state !== 'unfetched') return t('reader.readingText')
  const words = problemWords(new ApiProblem({ code: reason ?? 'address_failed' }, 422))
  return `${words.happened} ${words.toDo}`
}

function NotReadable({ record }: { record: DocumentRecord }) {
  const isUnreadable = record.state === 'unreadable' || record.state === 'unfetched'
  const isHere = record.state !== 'fetching' && record.state !== 'unfetched'
  const activity = useQuery(queries.activity())
  const work = activity.data?.items.find((item) => item.id === record.activityId)
  return (
    <div className={classes.state}>
      <title>{t('shell.documentTitle', { title: titleOf(record.title) })}</title>
      <Stack align="flex-start">
        <Group gap="xs" wrap="nowrap">
          <Seal id={record.id} name={titleOf(record.title)} state={record.seal} />
          <Title order={1} className={classes.stateTitle}>
            <bdi>{titleOf(record.title)}</bdi>
          </Title>
        </Group>
        <Group gap="sm" wrap="nowrap" align="flex-start" className={classes.why}>
          {isUnreadable ? <IconFileOff size={24} stroke={1.4} /> : <IconHourglass size={24} stroke={1.4} />}
          <div>
            <Text fw={600}>{t(HEADINGS[record.state])}</Text>
            <Text>{whyText(record)}</Text>
            {isHere && <Text c="dimmed">{t('reader.kept', { size: formatBytes(record.size) })}</Text>}
            {record.source && (
              <Text c="dimmed" className={classes.source}>
                {t('reader.source', { address: record.source })}
              </Text>
            )}
          </div>
        </Group>
        {!isUnreadable && (
          <div className={classes.progress}>
            <Progress
              value={work?.total ? (work.done / work.total) * 100 : 100}
              animated
              aria-label={t(HEADINGS[record.state])}
            />
            {isHere && work?.total ? (
              <Text c="dimmed" size="sm" mt={4} className="tabular">
                {t('reader.readingPages', { done: work.done, total: work.total })}
              </Text>
            ) : null}
          </div>
        )}
        <Group>
          <Button component={Link} to="/knowledge" variant={isUnreadable ? 'default' : 'filled'}>
            {t('reader.back')}
          </Button>
          {isHere && (
            <Button
              component="a"
              href={readDocumentContentAddress({ path: { id: record.id } })}
              download={record.fileName || true}
              variant="default"
              leftSection={<IconDownload size={16} stroke={1.5} />}
            >
              {t('reader.download')}
            </Button>
          )}
        </Group>
      </Stack>
    </div>
  )
}
