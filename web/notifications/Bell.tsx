// The way to notifications with the count of unread ones: a panel beside the page, a page of its own on the phone.
import { VisuallyHidden } from '@mantine/core'
import { IconBell } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import classes from '../app/ActivityLink.module.css'
import { queries } from '../app/queries.ts'
import { t } from '../app/t.ts'

interface Props {
  place: 'rail' | 'page'
  className: string
  labelClassName: string
}

export function Bell({ place, className, labelClassName, ...rest }: Props) {
  const unread = useQuery(queries.unread()).data?.unread ?? 0
  const inside = (
    <>
      <span className={classes.icon}>
        <IconBell size={20} stroke={1.5} aria-hidden="true" />
        {unread > 0 && <span className={classes.badge} data-count={unread > 99 ? '99+' : unread} />}
      </span>
      <span className={labelClassName}>
        {t('notifications.bell')}
        {unread > 0 && <VisuallyHidden>{t('notifications.unread', { count: unread })}</VisuallyHidden>}
      </span>
    </>
  )
  if (place === 'page')
    return (
      <Link to="/notifications" className={className} {...rest}>
        {inside}
      </Link>
    )
  return (
    <Link
      to="."
      search={(previous) => ({ ...previous, bell: 'open' })}
      resetScroll={false}
      className={className}
      {...rest}
    >
      {inside}
    </Link>
  )
}
