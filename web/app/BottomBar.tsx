// The rail on the phone: five places within reach of a thumb.
import { UnstyledButton } from '@mantine/core'
import { spotlight } from '@mantine/spotlight'
import { IconSearch } from '@tabler/icons-react'
import { Link, useRouterState } from '@tanstack/react-router'
import { ActivityLink } from './ActivityLink.tsx'
import classes from './BottomBar.module.css'
import { sectionOf } from './navigation.ts'
import { SectionIcon } from './SectionIcon.tsx'
import { t } from './t.ts'
import { useSections } from './use-sections.ts'

export function BottomBar() {
  const pathname = useRouterState({ select: (state) => state.location.pathname })
  const sections = useSections()
  const current = sectionOf(pathname)?.id
  return (
    <nav className={classes.root} aria-label={t('shell.navigation')}>
      {sections.map((section) => {
        const first = section.pages[0]
        return first ? (
          <Link
            key={section.id}
            to={first.to}
            className={classes.item}
            data-current={section.id === current || undefined}
          >
            <SectionIcon section={section.id} size={22} />
            <span>{t(section.label)}</span>
          </Link>
        ) : null
      })}
      <UnstyledButton className={classes.item} onClick={() => spotlight.open()}>
        <IconSearch size={22} stroke={1.5} aria-hidden="true" />
        <span>{t('shell.search')}</span>
      </UnstyledButton>
      <ActivityLink className={classes.item ?? ''} labelClassName="" />
    </nav>
  )
}
