// What is being uploaded: how far, how long, pause, cancel, retry; what went wrong says what was kept and what to do.
import { ActionIcon, Button, FileButton, Progress, Tooltip } from '@mantine/core'
import { IconCheck, IconPlayerPause, IconPlayerPlay, IconRefresh, IconX } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { formatBytes, formatDuration } from '../app/formatters.ts'
import { problemWords } from '../app/problem-words.ts'
import { t } from '../app/t.ts'
import { useUploadQueue, useUploads } from './UploadProvider.tsx'
import classes from './UploadTray.module.css'
import { isUnfinished, type Upload } from './upload-queue.ts'

function progressText(upload: Upload): string {
  const sizes = { sent: formatBytes(upload.sent), size: formatBytes(upload.size) }
  if (upload.state === 'waiting') return t('upload.waiting', { size: formatBytes(upload.size) })
  if (upload.state === 'storing') return t('upload.storing')
  if (upload.state === 'cancelled') return t('upload.cancelled')
  if (upload.state === 'paused') return t('upload.paused', sizes)
  if (upload.state === 'interrupted') return t('upload.interrupted', sizes)
  if (upload.state === 'left') return t('upload.left', sizes)
  if (upload.wasThere) return t('upload.wasThere')
  if (upload.state === 'done') return upload.sameName ? t('upload.doneSameName') : t('upload.done')
  const rest = upload.speed > 0 ? formatDuration((upload.size - upload.sent) / upload.speed) : '…'
  return t('upload.sending', { ...sizes, rest })
}

interface Action {
  label: string
  named: string
  icon: ReactNode
  onClick: () => void
}

function ActionButton({ label, named, icon, onClick }: Action) {
  return (
    <Tooltip label={label}>
      <ActionIcon aria-label={named} onClick={onClick}>
        {icon}
      </ActionIcon>
    </Tooltip>
  )
}

function UploadActions({ upload }: { upload: Upload }) {
  const queue = useUploadQueue()
  const { key, name, state } = upload
  return (
    <>
      {(state === 'waiting' || state === 'sending') && (
        <ActionButton
          label={t('upload.pause')}
          named={t('upload.pauseNamed', { name })}
          icon={<IconPlayerPause size={16} />}
          onClick={() => queue.pause(key)}
        />
      )}
      {(state === 'paused' || state === 'interrupted') && (
        <ActionButton
          label={t('upload.goOn')}
          named={t('upload.goOnNamed', { name })}
          icon={<IconPlayerPlay size={16} />}
          onClick={() => queue.retry(key)}
        />
      )}
      {state === 'left' && (
        <FileButton accept="application/pdf,.pdf" onChange={(file) => file && queue.add([file], () => false)}>
          {(button) => (
            <Button
              {...button}
              variant="subtle"
              size="compact-sm"
              aria-label={t('upload.chooseNamed', { name })}
            >
              {t('upload.choose')}
            </Button>
          )}
        </FileButton>
      )}
      {isUnfinished(upload) && state !== 'storing' && (
        <ActionButton
          label={t('upload.cancel')}
          named={t('upload.cancelNamed', { name })}
          icon={<IconX size={16} />}
          onClick={() => queue.cancel(key)}
        />
      )}
      {(state === 'failed' || state === 'cancelled') && (
        <ActionButton
          label={t('upload.retry')}
          named={t('upload.retryNamed', { name })}
          icon={<IconRefresh size={16} />}
          onClick={() => queue.retry(key)}
        />
      )}
    </>
  )
}

function UploadLine({ upload }: { upload: Upload }) {
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
        {isUnfinished(upload) && (
          <Progress
            value={upload.size ? (upload.sent / upload.size) * 100 : 0}
            size={4}
            mt={6}
            animated={upload.state === 'storing'}
            {...(isStill(upload) ? { color: 'gray' } : {})}
            aria-label={t('upload.progress', { name: upload.name })}
          />
        )}
      </div>
      <UploadActions upload={upload} />
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

/** Nothing of it moves now. */
function isStill({ state }: Upload): boolean {
  return state === 'paused' || state === 'interrupted' || state === 'left'
}

function trayTitle(uploads: readonly Upload[]): string {
  const unfinished = uploads.filter(isUnfinished)
  const left = unfinished.filter(({ state }) => state === 'left')
  const failed = uploads.filter(({ state }) => state === 'failed' || state === 'refused')
  if (unfinished.length === 0)
    return failed.length > 0
      ? t('upload.failed.count', { count: failed.length })
      : t('upload.finished', { count: uploads.length })
  return left.length === unfinished.length
    ? t('upload.left.count', { count: left.length })
    : t('upload.open.count', { count: unfinished.length - left.length })
}

export function UploadTray() {
  const queue = useUploadQueue()
  const uploads = useUploads()
  if (uploads.length === 0) return null
  return (
    <section className={classes.root} aria-label={t('upload.title')}>
      <header className={classes.header}>
        <strong>{trayTitle(uploads)}</strong>
        {!uploads.every(isUnfinished) && (
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
