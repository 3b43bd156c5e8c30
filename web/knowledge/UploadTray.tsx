// What is being uploaded: how far, how long, cancel, retry; what went wrong says what was kept and what to do.
import { ActionIcon, Button, Progress, Tooltip } from '@mantine/core'
import { IconCheck, IconRefresh, IconX } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { formatBytes, formatDuration } from '../app/formatters.ts'
import { problemWords } from '../app/problem-words.ts'
import { t } from '../app/t.ts'
import { useUploadQueue, useUploads } from './UploadProvider.tsx'
import classes from './UploadTray.module.css'
import type { Upload } from './upload-queue.ts'

function progressText(upload: Upload): string {
  if (upload.state === 'waiting') return t('upload.waiting', { size: formatBytes(upload.size) })
  if (upload.state === 'storing') return t('upload.storing')
  if (upload.state === 'cancelled') return t('upload.cancelled')
  if (upload.wasThere) return t('upload.wasThere')
  if (upload.state === 'done') return upload.sameName ? t('upload.doneSameName') : t('upload.done')
  const rest = upload.speed > 0 ? formatDuration((upload.size - upload.sent) / upload.speed) : '…'
  return t('upload.sending', { sent: formatBytes(upload.sent), size: formatBytes(upload.size), rest })
}

function UploadLine({ upload }: { upload: Upload }) {
  const queue = useUploadQueue()
  const underWay = upload.state === 'waiting' || upload.state === 'sending' || upload.state === 'storing'
  const words = upload.problem ? problemWords(upload.problem) : null
  return (
    <li className={classes.line} data-state={upload.state}>
      <div className={classes.body}>
        <div className={classes.name}>
          {upload.state === 'done' && <IconCheck size={16} className={classes.done} aria-hidden="true" />}
          <bdi className="cut">{upload.name}</bdi>
        </div>
        {words ? (
          <div className={classes.problem} role="alert">
            {words.happened} {upload.state === 'refused' ? t('upload.refusedKept') : t('upload.failedKept')}{' '}
            {words.toDo} <span className={`mono ${classes.code}`}>{words.code}</span>
          </div>
        ) : (
          <div className={classes.quiet}>{progressText(upload)}</div>
        )}
        {underWay && (
          <Progress
            value={upload.size ? (upload.sent / upload.size) * 100 : 0}
            size={4}
            mt={6}
            animated={upload.state === 'storing'}
            aria-label={t('upload.progress', { name: upload.name })}
          />
        )}
      </div>
      {underWay && (
        <Tooltip label={t('upload.cancel')}>
          <ActionIcon
            aria-label={t('upload.cancelNamed', { name: upload.name })}
            onClick={() => queue.cancel(upload.key)}
          >
            <IconX size={16} />
          </ActionIcon>
        </Tooltip>
      )}
      {(upload.state === 'failed' || upload.state === 'cancelled') && (
        <Tooltip label={t('upload.retry')}>
          <ActionIcon
            aria-label={t('upload.retryNamed', { name: upload.name })}
            onClick={() => queue.retry(upload.key)}
          >
            <IconRefresh size={16} />
          </ActionIcon>
        </Tooltip>
      )}
      {upload.documentId && (
        <Button
          component={Link}
          to={`/knowledge/documents/${upload.documentId}`}
          variant="subtle"
          size="compact-sm"
          aria-label={t('upload.openNamed', { name: upload.name })}
        >
          {t('upload.open')}
        </Button>
      )}
    </li>
  )
}

export function UploadTray() {
  const queue = useUploadQueue()
  const uploads = useUploads()
  if (uploads.length === 0) return null
  const open = uploads.filter(
    ({ state }) => state === 'waiting' || state === 'sending' || state === 'storing',
  ).length
  return (
    <section className={classes.root} aria-label={t('upload.title')}>
      <header className={classes.header}>
        <strong>
          {open > 0
            ? t('upload.open.count', { count: open })
            : t('upload.finished', { count: uploads.length })}
        </strong>
        {open < uploads.length && (
          <Button variant="subtle" size="compact-sm" onClick={() => queue.clear()}>
            {t('upload.clear')}
          </Button>
        )}
      </header>
      <ul className={classes.list}>
        {uploads.map((upload) => (
          <UploadLine key={upload.key} upload={upload} />
        ))}
      </ul>
    </section>
  )
}
