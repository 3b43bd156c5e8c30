// Everything that one was told, page by page; the filter stands in the address.
import { SegmentedControl, Text } from '@mantine/core'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { t } from '../app/t.ts'
import { PageFrame } from '../ui/PageFrame.tsx'
import { NotificationList } from './NotificationList.tsx'
import classes from './Notifications.module.css'

export function Notifications() {
  const { show = 'all' } = useSearch({ from: '/app/notifications' })
  const navigate = useNavigate({ from: '/notifications' })
  return (
    <PageFrame
      title={t('notifications.title')}
      filters={
        <SegmentedControl
          aria-label={t('notifications.filter')}
          value={show}
          onChange={(value) =>
            void navigate({ search: value === 'unread' ? { show: 'unread' } : {}, replace: true })
          }
          data={[
            { value: 'all', label: t('notifications.all') },
            { value: 'unread', label: t('notifications.onlyUnread') },
          ]}
        />
      }
    >
      <Text c="dimmed" className={classes.lead}>
        {t('notifications.lead')}
      </Text>
      <div className={classes.column}>
        <NotificationList show={show} />
      </div>
    </PageFrame>
  )
}
