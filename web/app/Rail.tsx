// The left rail: search, sections with their pages, activity, and the person with theme and sign-out.
import { Tooltip, UnstyledButton } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { spotlight } from '@mantine/spotlight'
import { IconSearch } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useRouterState } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { Bell } from '../notifications/Bell.tsx'
import { ActivityLink } from './ActivityLink.tsx'
import { sectionOf } from './navigation.ts'
import { PersonMenu } from './PersonMenu.tsx'
import { queries } from './queries.ts'
import classes from './Rail.module.css'
import { SectionIcon } from './SectionIcon.tsx'
import { t } from './t.ts'
import { useSections } from './use-sections.ts'

const isMac = /Mac|iPhone|iPad/.test(navigator.platform)

export function Rail() {
  const narrow = useMediaQuery('(max-width: 63.99em)', false, { getInitialValueInEffect: false })
  const pathname = useRouterState({ select: (state) => state.location.pathname })
  const sections = useSections()
  const current = sectionOf(pathname)?.id
  const me = useQuery(queries.me())
  const tip = (label: string, item: ReactNode) =>
    narrow ? (
      <Tooltip label={label} position="right">
        {item}
      </Tooltip>
    ) : (
      item
    )
  return (
    <aside className={classes.root} aria-label={t('shell.name')}>
      <div className={classes.organisation}>
        <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true" className={classes.sign}>
          <circle cx="16" cy="16" r="15" />
          <path d="M12.5 23V9.5h4.6a4.3 4.3 0 0 1 0 8.6h-4.6" />
        </svg>
        <span className={`${classes.organisationName} cut`} title={me.data?.organisation.name}>
          <bdi>{me.data?.organisation.name}</bdi>
        </span>
      </div>
      {tip(
        t('shell.search'),
        <UnstyledButton className={classes.search} onClick={() => spotlight.open()}>
          <IconSearch size={18} stroke={1.5} aria-hidden="true" />
          <span className={classes.label}>{t('shell.search')}</span>
          <span
            className={classes.keys}
            data-keys={isMac ? t('shell.searchKeysMac') : t('shell.searchKeys')}
          />
        </UnstyledButton>,
      )}
      <nav aria-label={t('shell.navigation')} className={classes.nav}>
        {sections.map((section) => {
          const first = section.pages[0]
          if (!first) return null
          const isCurrent = section.id === current
          return (
            <div key={section.id}>
              {tip(
                t(section.label),
                <Link to={first.to} className={classes.item} data-current={isCurrent || undefined}>
                  <SectionIcon section={section.id} />
                  <span className={classes.label}>{t(section.label)}</span>
                </Link>,
              )}
              {isCurrent && section.pages.length > 1 && (
                <div className={classes.pages}>
                  {section.pages.map((page) => (
                    <Link
                      key={page.to}
                      to={page.to}
                      className={classes.page}
                      activeOptions={{ exact: page.to === section.path, includeSearch: false }}
                    >
                      {t(page.label)}
                    </Link>
                  ))}
                </div>
              )}
            </div>
          )
        })}
      </nav>
      <div className={classes.foot}>
        {tip(
          t('notifications.bell'),
          <Bell place="rail" className={classes.item ?? ''} labelClassName={classes.label ?? ''} />,
        )}
        {tip(
          t('nav.activity'),
          <ActivityLink className={classes.item ?? ''} labelClassName={classes.label ?? ''} />,
        )}
        <PersonMenu place="rail" />
      </div>
    </aside>
  )
}
