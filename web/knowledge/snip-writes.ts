// The writes of snips and what they refresh. A change of words is shown at once and taken back if it is refused.
import { type InfiniteData, useMutation, useQueryClient } from '@tanstack/react-query'
import { captureSnip, type ListSnipsAnswer, removeSnip, updateSnip } from '../app/api.gen.ts'
import { captureBody, type SnipDraft, type SnipWords } from './snip-draft.ts'

type SnipPages = InfiniteData<ListSnipsAnswer>
const listKey = ['listSnips']

/** Refreshes every list a snip shows up in. */
function useRefresh() {
  const queryClient = useQueryClient()
  return () => {
    for (const key of [listKey, ['listTags'], ['listDocuments'], ['findSnip'], ['searchKnowledge']]) {
      void queryClient.invalidateQueries({ queryKey: key })
    }
  }
}

export function useCapture(documentId: string) {
  const refresh = useRefresh()
  return useMutation({
    mutationFn: ({ draft, words }: { draft: SnipDraft; words: SnipWords }) =>
      captureSnip({ body: captureBody(documentId, draft, words) }),
    onSuccess: refresh,
  })
}

export function useRewrite(id: string) {
  const queryClient = useQueryClient()
  const refresh = useRefresh()
  return useMutation({
    mutationFn: (words: SnipWords) => updateSnip({ path: { id }, body: words }),
    onMutate: async (words) => {
      await queryClient.cancelQueries({ queryKey: listKey })
      const known = queryClient.getQueriesData<SnipPages>({ queryKey: listKey })
      queryClient.setQueriesData<SnipPages>(
        { queryKey: listKey },
        (pages) =>
          pages && {
            ...pages,
            pages: pages.pages.map((page) => ({
              ...page,
              items: page.items.map((snip) => (snip.id === id ? { ...snip, ...words } : snip)),
            })),
          },
      )
      return { known }
    },
    onError: (_error, _words, context) => {
      for (const [key, pages] of context?.known ?? []) queryClient.setQueryData(key, pages)
    },
    onSettled: refresh,
  })
}

export function useRemoveSnip(id: string) {
  const refresh = useRefresh()
  return useMutation({ mutationFn: () => removeSnip({ path: { id } }), onSuccess: refresh })
}
