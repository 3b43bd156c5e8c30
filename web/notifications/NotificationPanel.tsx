// The newest notifications beside whatever page is open.
import { Button } from '@mantine/core'
import { Link, useNavigate } from '@tanstack/react-router'
import { t } from '../app/t.ts'
import { SidePanel } from '../ui/SidePanel.tsx'
import { NotificationList } from './NotificationList.tsx'

export function NotificationPanel({ opened }: { opened: boolean }) {
  const navigate = useNavigate()
  const close = () =>
    void navigate({ to: '.', search: (previous) => ({ ...previous, bell: undefined }), resetScroll: false })
  return (
    <SidePanel opened={opened} onClose={close} title={t('notifications.title')}>
      {opened && <NotificationList show="all" most={20} onFollow={close} />}
      {opened && (
        <Button component={Link} to="/notifications" variant="subtle" mt="md" fullWidth>
          {t('notifications.seeAll')}
        </Button>
      )}
    </SidePanel>
  )
}
