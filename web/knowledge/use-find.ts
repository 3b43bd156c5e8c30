// Find in the document: reads its text in parts of 200 pages from where the words were extracted once, and counts as it goes.

import { useDebouncedValue } from '@mantine/hooks'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { queries } from '../app/queries.ts'
import { findAll } from './find-text.ts'

const pagesAtOnce = 200

export interface FindHit {
  page: number
  /** Which occurrence on the page, from 0. */
  ordinal: number
}

export interface Find {
  query: string
  hits: readonly FindHit[]
  current: FindHit | null
  index: number
  /** Pages looked at so far; all of them when done. */
  searched: number
  pageCount: number
  failed: unknown
  step: (by: 1 | -1) => void
}

interface Found {
  query: string
  hits: FindHit[]
  searched: number
  failed: unknown
}

export function useFind(documentId: string, pageCount: number, query: string | undefined): Find {
  const queryClient = useQueryClient()
  const [settled] = useDebouncedValue((query ?? '').trim(), 250)
  const [found, setFound] = useState<Found>({ query: '', hits: [], searched: 0, failed: null })
  const [index, setIndex] = useState(0)
  useEffect(() => {
    let isLeft = false
    setIndex(0)
    setFound({ query: settled, hits: [], searched: settled === '' ? pageCount : 0, failed: null })
    const search = async () => {
      let hits: FindHit[] = []
      for (let from = 1; from <= pageCount && !isLeft; from += pagesAtOnce) {
        const to = Math.min(pageCount, from + pagesAtOnce - 1)
        const text = await queryClient.ensureQueryData(queries.pageText(documentId, from, to))
        if (isLeft) return
        for (const page of text.items) {
          hits = hits.concat(findAll(page.text, settled).map((_, ordinal) => ({ page: page.page, ordinal })))
        }
        setFound({ query: settled, hits, searched: to, failed: null })
      }
    }
    if (settled !== '') {
      search().catch((failed: unknown) => {
        if (!isLeft) setFound((known) => ({ ...known, failed }))
      })
    }
    return () => {
      isLeft = true
    }
  }, [documentId, pageCount, settled, queryClient])
  const { hits } = found
  return {
    ...found,
    pageCount,
    index,
    current: hits[index] ?? null,
    step: (by) => setIndex((known) => (hits.length === 0 ? 0 : (known + by + hits.length) % hits.length)),
  }
}
