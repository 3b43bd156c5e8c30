// One notification: what happened, when, where it leads, and whether it was read. Following it reads it.
import { ActionIcon, Tooltip, VisuallyHidden } from '@mantine/core'
import { IconMail, IconMailOpened } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { Notification } from '../app/records.ts'
import { t } from '../app/t.ts'
import { usePersonNames } from '../ui/PersonName.tsx'
import { When } from '../ui/When.tsx'
import classes from './NotificationLine.module.css'
import { notificationWords } from './notification-words.ts'

interface Props {
  notification: Notification
  onMark: (isRead: boolean) => void
  onFollow: () => void
}

export function NotificationLine({ notification, onMark, onFollow }: Props) {
  const nameOf = usePersonNames()
  const words = notificationWords(notification, nameOf)
  const isRead = notification.readAt !== null
  const mark = isRead
    ? t('notifications.unreadNamed', { what: words.title })
    : t('notifications.readNamed', { what: words.title })
  return (
    <li className={classes.root} data-unread={!isRead || undefined}>
      <span className={classes.dot} data-tone={words.tone} aria-hidden="true" />
      <div className={classes.body}>
        <Link to={words.to} className={classes.title} onClick={onFollow}>
          {!isRead && <VisuallyHidden>{t('notifications.isUnread')}: </VisuallyHidden>}
          <bdi>{words.title}</bdi>
        </Link>
        {words.text && <p className={classes.text}>{words.text}</p>}
        <span className={classes.when}>
          <When at={notification.createdAt} />
        </span>
      </div>
      <Tooltip label={isRead ? t('notifications.unreadAgain') : t('notifications.read')}>
        <ActionIcon
          className={classes.mark ?? ''}
          variant="subtle"
          color="gray"
          size="lg"
          aria-label={mark}
          onClick={() => onMark(!isRead)}
        >
          {isRead ? <IconMail size={18} stroke={1.5} /> : <IconMailOpened size={18} stroke={1.5} />}
        </ActionIcon>
      </Tooltip>
    </li>
  )
}
