// The way to Activity, with a count of what is running now.
import { VisuallyHidden } from '@mantine/core'
import { IconActivity } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useUploads } from '../knowledge/UploadProvider.tsx'
import classes from './ActivityLink.module.css'
import { hasUnfinished, queries } from './queries.ts'
import { t } from './t.ts'

/** How many uploads and jobs are under way. */
function useRunningCount(): number {
  const activity = useQuery(queries.activity())
  const uploads = useUploads()
  const jobs = (activity.data?.items ?? []).filter((item) => hasUnfinished([item])).length
  return jobs + uploads.filter((upload) => upload.state === 'waiting' || upload.state === 'sending').length
}

export function ActivityLink({
  className,
  labelClassName,
  ...rest
}: {
  className: string
  labelClassName: string
}) {
  const running = useRunningCount()
  return (
    <Link to="/activity" className={className} {...rest}>
      <span className={classes.icon}>
        <IconActivity size={20} stroke={1.5} aria-hidden="true" />
        {running > 0 && <span className={classes.badge} data-count={running} />}
      </span>
      <span className={labelClassName}>
        {t('nav.activity')}
        {running > 0 && <VisuallyHidden>{t('activity.running', { count: running })}</VisuallyHidden>}
      </span>
    </Link>
  )
}
