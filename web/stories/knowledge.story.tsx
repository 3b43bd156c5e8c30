// Stories of Knowledge.
import { queries } from '../app/queries.ts'
import { noteFetch } from '../knowledge/fetches-here.ts'
import { anId, documents, fetching, firstSteps, hits, onePage, signedIn, snips } from './fixtures.ts'
import type { Story } from './story.ts'

const first = documents[0]
const firstId = first?.id ?? ''
const sizes = Array.from({ length: 14 }, (_, index) => ({
  page: index + 1,
  width: 612,
  height: 792,
  hasText: true,
}))

export const knowledgeStories: readonly Story[] = [
  {
    name: 'library',
    path: '/knowledge',
    fill: (client) => {
      signedIn(client)
      client.setQueryData(
        queries.documents({ q: undefined, sort: '-createdAt', state: undefined }).queryKey,
        onePage(documents),
      )
    },
  },
  {
    name: 'library-empty',
    path: '/knowledge',
    fill: (client) => {
      signedIn(client)
      client.setQueryData(
        queries.documents({ q: undefined, sort: '-createdAt', state: undefined }).queryKey,
        onePage([]),
      )
    },
  },
  ...[0, 3].map(
    (taken): Story => ({
      name: taken === 0 ? 'library-first-steps' : 'library-some-steps',
      path: '/knowledge',
      fill: (client) => {
        signedIn(client)
        firstSteps(client, taken)
        client.setQueryData(
          queries.documents({ q: undefined, sort: '-createdAt', state: undefined }).queryKey,
          onePage(taken === 0 ? [] : documents),
        )
      },
    }),
  ),
  {
    name: 'library-fetching',
    path: '/knowledge',
    fill: (client) => {
      signedIn(client)
      client.setQueryData(queries.activity().queryKey, { items: fetching, next: null })
      client.setQueryData(
        queries.documents({ q: undefined, sort: '-createdAt', state: undefined }).queryKey,
        onePage(documents),
      )
      for (const { record } of fetching) noteFetch(client, record?.id ?? '')
      client.setQueryData(queries.document(anId('doc', 92)).queryKey, documents[0])
    },
  },
  {
    name: 'reader-unfetched',
    path: `/knowledge/documents/${anId('doc', 93)}`,
    fill: (client) => {
      signedIn(client)
      const record = documents[0]
      if (!record) return
      client.setQueryData(queries.document(anId('doc', 93)).queryKey, {
        ...record,
        id: anId('doc', 93),
        state: 'unfetched',
        reason: 'address_closed',
        source:
          'https://intranet.supplier.example/quality/handbook/2026/edition-four/download?version=latest',
        size: 0,
        sha256: null,
        pageCount: null,
      })
    },
  },
  { name: 'library-waiting', path: '/knowledge', fill: signedIn },
  ...(['reader', 'reader-snip', 'reader-find'] as const).map(
    (name): Story => ({
      name,
      path: `/knowledge/documents/${firstId}${name === 'reader-snip' ? `?snip=${snips[0]?.id}` : name === 'reader-find' ? '?find=type' : ''}`,
      fill: (client) => {
        signedIn(client)
        client.setQueryData(queries.pages(firstId).queryKey, { items: sizes, next: null })
        client.setQueryData(queries.snips({ documentId: firstId }).queryKey, onePage(snips))
        client.setQueryData(queries.pageText(firstId, 1, 14).queryKey, {
          items: [
            { page: 1, text: 'type Type type' },
            { page: 2, text: 'types of a type' },
          ],
          next: null,
        })
      },
    }),
  ),
  ...[1, 3].map(
    (index): Story => ({
      name: index === 1 ? 'reader-reading' : 'reader-unreadable',
      path: `/knowledge/documents/${documents[index]?.id}`,
      fill: (client) => {
        signedIn(client)
        client.setQueryData(queries.document(documents[index]?.id ?? '').queryKey, documents[index])
      },
    }),
  ),
  {
    name: 'snips',
    path: '/knowledge/snips',
    fill: (client) => {
      signedIn(client)
      client.setQueryData(
        queries.snips({ documentId: undefined, tag: undefined, author: undefined }).queryKey,
        onePage(snips),
      )
    },
  },
  {
    name: 'search',
    path: '/search?q=traces',
    fill: (client) => {
      signedIn(client)
      client.setQueryData(queries.search('traces', undefined, 20).queryKey, {
        items: hits,
        total: 2,
        suggestion: 'trace',
      })
    },
  },
]
