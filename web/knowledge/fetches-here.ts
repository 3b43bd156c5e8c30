// Which documents were asked for by their address in this tab: shown until cleared, also when they are there or did not come.
import { type QueryClient, queryOptions } from '@tanstack/react-query'

/** Ids of documents, in the order in which they were asked for. */
export const fetchesHere = () =>
  queryOptions({
    queryKey: ['fetchesHere'],
    queryFn: (): readonly string[] => [],
    initialData: [],
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
  })

export function noteFetch(client: QueryClient, id: string): void {
  client.setQueryData(fetchesHere().queryKey, (known = []) => [...known, id])
}

export function keepFetches(client: QueryClient, isKept: (id: string) => boolean): void {
  client.setQueryData(fetchesHere().queryKey, (known = []) => known.filter(isKept))
}
