// A person's name for an id; a stranger's or a removed person's id is shown short instead.
import { useQuery } from '@tanstack/react-query'
import { queries } from '../app/queries.ts'
import { t } from '../app/t.ts'

/** Looks names up in the list of people, which every screen shares. */
export function usePersonNames(): (id: string | null | undefined) => string {
  const people = useQuery(queries.people())
  const me = useQuery(queries.me())
  return (id) => {
    if (!id) return t('person.system')
    if (me.data?.person.id === id) return me.data.person.displayName
    const found = people.data?.items.find((person) => person.id === id)
    return found?.displayName ?? (people.isSuccess ? t('person.unknown') : '…')
  }
}

export function PersonName({ id }: { id: string | null | undefined }) {
  const nameOf = usePersonNames()
  return <bdi>{nameOf(id)}</bdi>
}
