// The picture of each section; sections are told apart by icon and place, not by colour.
import { IconBooks, IconRubberStamp, IconSettings } from '@tabler/icons-react'
import type { Section } from './navigation.ts'

const icons = { knowledge: IconBooks, trust: IconRubberStamp, settings: IconSettings } as const

export function SectionIcon({ section, size = 20 }: { section: Section['id']; size?: number }) {
  const Icon = icons[section]
  return <Icon size={size} stroke={1.5} aria-hidden="true" />
}
