// What is being fetched from addresses: how far, cancel, and what became of what this tab asked for.
import { ActionIcon, Button, Progress, Tooltip } from '@mantine/core'
import { IconCheck, IconX } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { cancelActivity } from '../app/api.gen.ts'
import { ApiProblem } from '../app/api-call.ts'
import { formatBytes } from '../app/formatters.ts'
import { problemWords } from '../app/problem-words.ts'
import { queries } from '../app/queries.ts'
import type { Activity } from '../app/records.ts'
import { t } from '../app/t.ts'
import { fetchesHere, keepFetches } from './fetches-here.ts'
import classes from './UploadTray.module.css'

const KIND = 'knowledge.document.fetching'
const isOpen = ({ state }: Activity) => state === 'waiting' || state === 'running'

function progressText({ state, done, total, isCancelRequested }: Activity): string {
  if (isCancelRequested) return t('fetch.cancelling')
  if (state === 'waiting') return t('fetch.waiting')
  const far = formatBytes(done)
  return total ? t('fetch.far', { done: far, total: formatBytes(total) }) : t('fetch.running', { done: far })
}

function OpenLine({ fetch }: { fetch: Activity }) {
  const queryClient = useQueryClient()
  const cancel = useMutation({
    mutationFn: () => cancelActivity({ path: { id: fetch.id } }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['listActivity'] }),
  })
  return (
    <li className={classes.line}>
      <div className={classes.body}>
        <div className={classes.name}>
          <bdi className="cut">{fetch.title}</bdi>
        </div>
        <div className={classes.quiet}>{progressText(fetch)}</div>
        {fetch.state === 'running' && (
          <Progress
            value={fetch.total ? (fetch.done / fetch.total) * 100 : 100}
            animated={!fetch.total}
            size={4}
            mt={6}
            aria-label={t('fetch.progress', { name: fetch.title })}
          />
        )}
      </div>
      {!fetch.isCancelRequested && (
        <Tooltip label={t('action.cancel')}>
          <ActionIcon
            aria-label={t('fetch.cancelNamed', { name: fetch.title })}
            loading={cancel.isPending}
            onClick={() => cancel.mutate()}
          >
            <IconX size={16} />
          </ActionIcon>
        </Tooltip>
      )}
    </li>
  )
}

function EndedLine({ fetch }: { fetch: Activity }) {
  const id = fetch.record?.id ?? ''
  const isDone = fetch.state === 'done'
  // The same bytes may have been here under another id; the document says so itself.
  const document = useQuery({ ...queries.document(id), enabled: isDone })
  const words = fetch.error
    ? problemWords(new ApiProblem({ code: fetch.error.code, title: fetch.error.message }, 422))
    : null
  return (
    <li className={classes.line} data-state={fetch.state}>
      <div className={classes.body}>
        <div className={classes.name}>
          {isDone && <IconCheck size={16} className={classes.done} aria-hidden="true" />}
          <bdi className="cut">{document.data?.title ?? fetch.title}</bdi>
        </div>
        {words ? (
          <div className={classes.problem} role="alert">
            {words.happened} {t('fetch.failedKept')} {words.toDo}{' '}
            <span className={`mono ${classes.code}`}>{words.code}</span>
          </div>
        ) : (
          <div className={classes.quiet}>
            {!isDone
              ? t('fetch.cancelled')
              : document.data && document.data.id !== id
                ? t('fetch.wasThere')
                : t('fetch.done')}
          </div>
        )}
      </div>
      {isDone && document.data && (
        <Button
          component={Link}
          to={`/knowledge/documents/${document.data.id}`}
          variant="subtle"
          size="compact-sm"
          aria-label={t('upload.openNamed', { name: document.data.title })}
        >
          {t('upload.open')}
        </Button>
      )}
    </li>
  )
}

export function FetchTray() {
  const queryClient = useQueryClient()
  const here = useQuery(fetchesHere()).data
  const activity = useQuery(queries.activity())
  const all = (activity.data?.items ?? []).filter(({ kind }) => kind === KIND)
  const open = all.filter(isOpen)
  const ended = all.filter((one) => !isOpen(one) && here.includes(one.record?.id ?? ''))
  const arrived = ended.filter(({ state }) => state === 'done').length
  const known = useRef(arrived)
  useEffect(() => {
    if (arrived > known.current) void queryClient.invalidateQueries({ queryKey: ['listDocuments'] })
    known.current = arrived
  }, [arrived, queryClient])
  if (open.length + ended.length === 0) return null
  const clear = () => keepFetches(queryClient, (id) => !ended.some(({ record }) => record?.id === id))
  return (
    <section className={classes.root} aria-label={t('fetch.title')}>
      <header className={classes.header}>
        <strong>
          {open.length > 0
            ? t('fetch.open.count', { count: open.length })
            : t('fetch.finished', { count: ended.length })}
        </strong>
        {ended.length > 0 && (
          <Button variant="subtle" size="compact-sm" onClick={clear}>
            {t('upload.clear')}
          </Button>
        )}
      </header>
      <ul className={classes.list}>
        {open.map((fetch) => (
          <OpenLine key={fetch.id} fetch={fetch} />
        ))}
        {ended.map((fetch) => (
          <EndedLine key={fetch.id} fetch={fetch} />
        ))}
      </ul>
    </section>
  )
}
