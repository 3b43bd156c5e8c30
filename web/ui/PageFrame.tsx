// The frame of a page: one title, one primary action, filters, then the content. Owns document title and width.
import { Title } from '@mantine/core'
import type { ReactNode } from 'react'
import { PersonMenu } from '../app/PersonMenu.tsx'
import { t } from '../app/t.ts'
import { Bell } from '../notifications/Bell.tsx'
import classes from './PageFrame.module.css'
import { SectionTabs } from './SectionTabs.tsx'

interface Props {
  title: string
  count?: ReactNode
  action?: ReactNode
  filters?: ReactNode
  children: ReactNode
}

export function PageFrame({ title, count, action, filters, children }: Props) {
  return (
    <div className={classes.root}>
      <title>{t('shell.documentTitle', { title })}</title>
      <SectionTabs />
      <header className={classes.header}>
        <div className={classes.heading}>
          <Title order={1} className={classes.title}>
            {title}
          </Title>
          {count && <span className={classes.count}>{count}</span>}
        </div>
        <div className={classes.action}>
          {action}
          <div className={classes.person}>
            <Bell place="page" className={classes.bell ?? ''} labelClassName={classes.hidden ?? ''} />
            <PersonMenu place="page" />
          </div>
        </div>
      </header>
      {filters && <div className={classes.filters}>{filters}</div>}
      {children}
    </div>
  )
}
