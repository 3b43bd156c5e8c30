// Long work: what, how far, how long, cancel. It goes on when the page is left; uploads of this tab are listed first.
import { Button, Progress, Skeleton, Text } from '@mantine/core'
import { IconActivity } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { cancelActivity, readExportContentAddress } from '../app/api.gen.ts'
import { ApiProblem } from '../app/api-call.ts'
import { formatBytes, formatDuration } from '../app/formatters.ts'
import { problemWords } from '../app/problem-words.ts'
import { queries } from '../app/queries.ts'
import type { Activity } from '../app/records.ts'
import { maybeText, t } from '../app/t.ts'
import { UploadTray } from '../knowledge/UploadTray.tsx'
import { EmptyScreen } from '../ui/EmptyScreen.tsx'
import { PageFrame } from '../ui/PageFrame.tsx'
import { ProblemNote } from '../ui/ProblemNote.tsx'
import { StateBadge, type Tone } from '../ui/StateBadge.tsx'
import { When } from '../ui/When.tsx'
import classes from './settings.module.css'

const tones: Record<Activity['state'], Tone> = {
  waiting: 'quiet',
  running: 'busy',
  done: 'good',
  failed: 'failed',
  cancelled: 'quiet',
}

/** Seconds that are left at the pace so far, or null while nothing can be said. */
export function secondsLeft(
  activity: Pick<Activity, 'done' | 'total' | 'startedAt'>,
  now: Date,
): number | null {
  if (!activity.total || !activity.startedAt || activity.done === 0) return null
  const spent = (now.getTime() - new Date(activity.startedAt).getTime()) / 1000
  return Math.max(1, (spent / activity.done) * (activity.total - activity.done))
}

function progressText(activity: Activity): string {
  if (!activity.total) return ''
  if (activity.unit === 'bytes')
    return t('fetch.far', { done: formatBytes(activity.done), total: formatBytes(activity.total) })
  const unit = maybeText(`activity.unit.${activity.unit}`) ?? activity.unit ?? ''
  const left = secondsLeft(activity, new Date())
  const far = t('activity.far', { done: activity.done, total: activity.total, unit })
  return left === null ? far : t('activity.left', { far, left: formatDuration(left) })
}

/** Why work failed: in the words for unreadable documents, else in those for the code. */
function errorText(error: NonNullable<Activity['error']>): string {
  const reason = maybeText(`document.reason.${error.code}`)
  if (reason) return reason
  const words = problemWords(new ApiProblem({ code: error.code, title: error.message }, 422))
  return `${words.happened} ${words.toDo}`
}

function ActivityLine({ activity }: { activity: Activity }) {
  const queryClient = useQueryClient()
  const cancel = useMutation({
    mutationFn: () => cancelActivity({ path: { id: activity.id } }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['listActivity'] }),
  })
  const isOpen = activity.state === 'running' || activity.state === 'waiting'
  return (
    <li className={classes.line}>
      <div className={classes.grow}>
        <div className={classes.strong}>
          {maybeText(`activity.kind.${activity.kind}`) ?? t('activity.work')} <bdi>{activity.title}</bdi>
        </div>
        <div className={classes.quiet}>
          {isOpen ? progressText(activity) : activity.error && errorText(activity.error)}{' '}
          {t(`activity.since.${activity.state}`)}{' '}
          <When at={activity.endedAt ?? activity.startedAt ?? activity.createdAt} />
        </div>
        {activity.state === 'running' && (
          <Progress
            className={classes.progress ?? ''}
            value={activity.total ? (activity.done / activity.total) * 100 : 100}
            animated={!activity.total}
            size={4}
            aria-label={activity.title}
          />
        )}
      </div>
      <StateBadge tone={tones[activity.state]}>
        {activity.isCancelRequested && isOpen
          ? t('activity.cancelling')
          : t(`activity.state.${activity.state}`)}
      </StateBadge>
      {isOpen && !activity.isCancelRequested && (
        <Button
          variant="default"
          loading={cancel.isPending}
          aria-label={t('activity.cancelNamed', { title: activity.title })}
          onClick={() => cancel.mutate()}
        >
          {t('action.cancel')}
        </Button>
      )}
      {activity.state === 'done' && activity.record?.kind === 'export' && (
        <Button
          component="a"
          variant="default"
          href={readExportContentAddress({ path: { id: activity.record.id } })}
          download
        >
          {t('activity.download')}
        </Button>
      )}
      {activity.record?.kind === 'document' && (
        <Button component={Link} to={`/knowledge/documents/${activity.record.id}`} variant="subtle">
          {t('upload.open')}
        </Button>
      )}
    </li>
  )
}

export function ActivityList() {
  const activity = useQuery(queries.activity())
  const rows = activity.data?.items ?? []
  return (
    <PageFrame title={t('activity.title')}>
      <Text c="dimmed" className={classes.lead}>
        {t('activity.lead')}
      </Text>
      <UploadTray />
      {activity.isError && <ProblemNote error={activity.error} onRetry={() => void activity.refetch()} />}
      {activity.isPending && <Skeleton height={120} />}
      {activity.isSuccess && rows.length === 0 && (
        <EmptyScreen icon={<IconActivity size={28} stroke={1.4} />}>{t('activity.empty')}</EmptyScreen>
      )}
      {rows.length > 0 && (
        <ul className={classes.list}>
          {rows.map((row) => (
            <ActivityLine key={row.id} activity={row} />
          ))}
        </ul>
      )}
    </PageFrame>
  )
}
