// The sections this person can use.
import { useQuery } from '@tanstack/react-query'
import { type Section, sectionsFor } from './navigation.ts'
import { queries } from './queries.ts'

export function useSections(): readonly Section[] {
  const me = useQuery(queries.me())
  return sectionsFor(me.data?.permissions ?? [])
}
