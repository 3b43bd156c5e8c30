// Who is signed in, where their records live, the colour scheme, and the way out.
import { Menu, UnstyledButton, useMantineColorScheme, VisuallyHidden } from '@mantine/core'
import { IconChevronUp, IconLogout } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { GuideItem } from '../guide/GuideItem.tsx'
import classes from './PersonMenu.module.css'
import { queries } from './queries.ts'
import { maybeText, t } from './t.ts'
import { useSignOut } from './use-sign-out.ts'

/** Up to two letters that stand for a name, whole graphemes in any script. */
export function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/)
  const ends = words.length > 1 ? [words[0], words.at(-1)] : [words[0]]
  const segments = new Intl.Segmenter()
  return ends.map((word) => segments.segment(word ?? '').containing(0)?.segment ?? '').join('')
}

const schemes = ['light', 'dark', 'auto'] as const

function schemeOf(value: string): (typeof schemes)[number] {
  return schemes.find((scheme) => scheme === value) ?? 'auto'
}

/** In the rail with the name beside it; on a page of the phone only the face. */
export function PersonMenu({ place }: { place: 'rail' | 'page' }) {
  const me = useQuery(queries.me())
  const scheme = useMantineColorScheme()
  const signOut = useSignOut()
  if (!me.data) return null
  const { person, organisation } = me.data
  return (
    <Menu position={place === 'rail' ? 'top-start' : 'bottom-end'} width={240}>
      <Menu.Target>
        <UnstyledButton className={classes.root}>
          <span className={classes.face} data-initials={initialsOf(person.displayName)} />
          <span className={`${classes.name} cut`}>
            <bdi>{person.displayName}</bdi>
          </span>
          <VisuallyHidden>{t('person.menu')}</VisuallyHidden>
          <IconChevronUp size={16} className={classes.arrow} aria-hidden="true" />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <div className={classes.about}>
          <bdi>{person.email}</bdi>
          <br />
          {t('person.place', {
            organisation: organisation.name,
            region: maybeText(`region.${organisation.region}`) ?? organisation.region,
          })}
        </div>
        <Menu.Divider />
        <GuideItem />
        <Menu.Label>{t('scheme.label')}</Menu.Label>
        <Menu.RadioGroup
          value={scheme.colorScheme}
          onChange={(value) => scheme.setColorScheme(schemeOf(value))}
        >
          {schemes.map((value) => (
            <Menu.RadioItem key={value} value={value}>
              {t(`scheme.${value}`)}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} stroke={1.5} />} onClick={() => signOut.mutate()}>
          {t('person.signOut')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
