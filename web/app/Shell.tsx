// The house around every signed-in screen: rail or bottom bar, search, activity, person, seal drawer, upload queue.
import { Outlet, useSearch } from '@tanstack/react-router'
import { UploadProvider } from '../knowledge/UploadProvider.tsx'
import { NotificationPanel } from '../notifications/NotificationPanel.tsx'
import { useFollowUnread } from '../notifications/use-unread.ts'
import { SealDrawer } from '../trust/SealDrawer.tsx'
import { BottomBar } from './BottomBar.tsx'
import { CommandSearch } from './CommandSearch.tsx'
import { Rail } from './Rail.tsx'
import classes from './Shell.module.css'
import { t } from './t.ts'

export function Shell() {
  const { seal, bell } = useSearch({ from: '/app' })
  useFollowUnread()
  return (
    <UploadProvider>
      <a href="#main" className={classes.skip}>
        {t('shell.skip')}
      </a>
      <div className={classes.root}>
        <Rail />
        <main id="main" className={classes.main} tabIndex={-1}>
          <Outlet />
        </main>
        <BottomBar />
      </div>
      <SealDrawer id={seal} />
      <NotificationPanel opened={bell === 'open'} />
      <CommandSearch />
    </UploadProvider>
  )
}
