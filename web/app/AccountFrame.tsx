// The frame of every screen before sign-in: the sign of the house, one card of text, nothing else.
import { Title } from '@mantine/core'
import type { ReactNode } from 'react'
import classes from './AccountFrame.module.css'
import { t } from './t.ts'

export function AccountFrame({
  title,
  lead,
  children,
}: {
  title: string
  lead?: ReactNode
  children: ReactNode
}) {
  return (
    <main className={classes.root}>
      <title>{t('shell.documentTitle', { title })}</title>
      <div className={classes.house}>
        <svg viewBox="0 0 32 32" width="36" height="36" aria-hidden="true" className={classes.sign}>
          <circle cx="16" cy="16" r="15" />
          <path d="M12.5 23V9.5h4.6a4.3 4.3 0 0 1 0 8.6h-4.6" />
        </svg>
        <span>{t('shell.name')}</span>
      </div>
      <div className={classes.body}>
        <Title order={1} className={classes.title}>
          {title}
        </Title>
        {lead && <div className={classes.lead}>{lead}</div>}
        {children}
      </div>
    </main>
  )
}
