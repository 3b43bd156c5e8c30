// The pages of the current section, for screens too narrow for the rail.
import { Link, useRouterState } from '@tanstack/react-router'
import { sectionOf } from '../app/navigation.ts'
import { t } from '../app/t.ts'
import { useSections } from '../app/use-sections.ts'
import classes from './SectionTabs.module.css'

export function SectionTabs() {
  const pathname = useRouterState({ select: (state) => state.location.pathname })
  const sections = useSections()
  const current = sectionOf(pathname)?.id
  const section = sections.find(({ id }) => id === current)
  if (!section || section.pages.length < 2) return null
  return (
    <nav className={classes.root} aria-label={t('shell.sectionPages')}>
      {section.pages.map((page) => (
        <Link
          key={page.to}
          to={page.to}
          className={classes.tab}
          activeOptions={{ exact: page.to === section.path, includeSearch: false }}
        >
          {t(page.label)}
        </Link>
      ))}
    </nav>
  )
}
