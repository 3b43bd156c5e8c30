// Ctrl K: finds records, people, pages and commands. Pages and commands whose names fit come first, then the full search page.

import { useMantineColorScheme } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { Spotlight, spotlight } from '@mantine/spotlight'
import {
  IconArrowRight,
  IconFileText,
  IconLogout,
  IconMoon,
  IconQuote,
  IconRosetteDiscountCheck,
  IconSearch,
  IconSun,
  IconUser,
} from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import classes from './CommandSearch.module.css'
import { queries } from './queries.ts'
import type { SearchHit } from './records.ts'
import { maybeText, t } from './t.ts'
import { useSealCode } from './use-seal-code.ts'
import { useSections } from './use-sections.ts'
import { useSignOut } from './use-sign-out.ts'

function wanted(query: string, ...texts: string[]): boolean {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  const whole = texts.join(' ').toLowerCase()
  return words.every((word) => whole.includes(word))
}

export function CommandSearch() {
  const [query, setQuery] = useState('')
  const [settled] = useDebouncedValue(query.trim(), 180)
  const navigate = useNavigate()
  const scheme = useMantineColorScheme()
  const signOut = useSignOut()
  const sections = useSections()
  const hits = useQuery(queries.search(settled, undefined, 8))
  const people = useQuery({ ...queries.people(), enabled: settled !== '' })

  const { sealed, isAsking } = useSealCode(settled)
  const bySeal = sealed
    ? [
        {
          id: 'sealed',
          label: t('spotlight.sealed', { code: sealed.code }),
          description: maybeText(`seal.kind.${sealed.kind}`) ?? sealed.kind,
          leftSection: <IconRosetteDiscountCheck size={20} stroke={1.5} />,
          onClick: sealed.open,
        },
      ]
    : []

  const openHit = (hit: SearchHit) =>
    navigate({
      to: '/knowledge/documents/$documentId',
      params: { documentId: hit.documentId },
      search: hit.kind === 'snip' ? { snip: hit.id } : { page: hit.page ?? undefined, find: settled },
    })
  const records = (hits.data?.items ?? []).map((hit) => ({
    id: `${hit.id}-${hit.page}`,
    label: hit.title,
    description: hit.passage
      .map((part) => part.text)
      .join('')
      .slice(0, 120),
    leftSection:
      hit.kind === 'snip' ? <IconQuote size={20} stroke={1.5} /> : <IconFileText size={20} stroke={1.5} />,
    onClick: () => void openHit(hit),
  }))
  const named = (people.data?.items ?? [])
    .filter((person) => settled !== '' && wanted(settled, person.displayName, person.email))
    .slice(0, 4)
    .map((person) => ({
      id: person.id,
      label: person.displayName,
      description: person.email,
      leftSection: <IconUser size={20} stroke={1.5} />,
      onClick: () => void navigate({ to: '/settings/people' }),
    }))
  const places = sections
    .flatMap((section) => section.pages.map((page) => ({ section, page })))
    .filter(({ section, page }) => wanted(query, t(section.label), t(page.label)))
    .map(({ section, page }) => ({
      id: page.to,
      label: t('spotlight.goTo', { section: t(section.label), page: t(page.label) }),
      leftSection: <IconArrowRight size={20} stroke={1.5} />,
      onClick: () => void navigate({ to: page.to }),
    }))
  const commands = [
    {
      id: 'light',
      label: t('spotlight.light'),
      icon: <IconSun size={20} stroke={1.5} />,
      run: () => scheme.setColorScheme('light'),
    },
    {
      id: 'dark',
      label: t('spotlight.dark'),
      icon: <IconMoon size={20} stroke={1.5} />,
      run: () => scheme.setColorScheme('dark'),
    },
    {
      id: 'out',
      label: t('person.signOut'),
      icon: <IconLogout size={20} stroke={1.5} />,
      run: () => signOut.mutate(),
    },
  ]
    .filter((command) => wanted(query, command.label))
    .map(({ id, label, icon, run }) => ({ id, label, leftSection: icon, onClick: run }))
  const everything =
    query.trim() === '' || isAsking
      ? []
      : [
          {
            id: 'everything',
            label: t('spotlight.everything', { query: query.trim() }),
            leftSection: <IconSearch size={20} stroke={1.5} />,
            onClick: () => void navigate({ to: '/search', search: { q: query.trim() } }),
          },
        ]
  const groups = [
    // What is known at once comes first, so that answers arriving later move nothing under the reader's hand.
    { group: t('spotlight.seal'), actions: bySeal },
    { group: t('spotlight.places'), actions: places },
    { group: t('spotlight.commands'), actions: commands },
    { group: t('spotlight.search'), actions: everything },
    { group: t('spotlight.records'), actions: records },
    { group: t('spotlight.people'), actions: named },
  ]
  const shown = groups.filter((group) => group.actions.length > 0)
  return (
    <Spotlight
      actions={shown}
      query={query}
      onQueryChange={setQuery}
      filter={(_, actions) => actions}
      nothingFound={t('spotlight.nothing')}
      shortcut={['mod + K', '/']}
      scrollable
      overlayProps={{ backgroundOpacity: 0.3, blur: 0 }}
      classNames={{
        content: classes.content ?? '',
        actionsGroup: classes.group ?? '',
        action: classes.action ?? '',
      }}
      maxHeight={460}
      onSpotlightClose={() => setQuery('')}
      searchProps={{
        leftSection: <IconSearch size={20} stroke={1.5} />,
        placeholder: t('spotlight.placeholder'),
        'aria-label': t('spotlight.placeholder'),
        onKeyDown: (event) => {
          // With nothing chosen, Enter opens what stands first.
          const isChosen = document.querySelector(`.${classes.action}[data-selected]`) !== null
          const first = shown.flatMap((group) => group.actions)[0]
          if (event.key !== 'Enter' || isChosen || !first) return
          event.preventDefault()
          spotlight.close()
          first.onClick()
        },
      }}
    />
  )
}
