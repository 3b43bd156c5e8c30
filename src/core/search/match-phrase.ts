// Which entries of a source hold a phrase: the words (or what they may stand for) at their distances.
import type { Alternative } from './analyzer.ts'
import type { Source } from './index-snapshot.ts'
import { eachPosition } from './posting-page.ts'

/** A phrase as terms: at each distance from its start, any of the alternatives. */
export type PhraseTerms = readonly {
  readonly offset: number
  readonly alternatives: readonly Alternative[]
}[]

/** Living entries of the source that hold the phrase. */
export function matchPhrase(source: Source, phrase: PhraseTerms): Set<number> {
  const { alive } = source.living
  let starts: Map<number, Set<number>> | undefined
  for (const { offset, alternatives } of phrase) {
    const before = starts
    const next = new Map<number, Set<number>>()
    for (const { term } of alternatives) {
      const list = source.list(term)
      if (!list) continue
      const wants = (entry: number) => (before ? before.has(entry) : alive ? alive[entry] === 1 : true)
      eachPosition(list, wants, (entry, positions) => {
        const possible = before?.get(entry)
        let kept = next.get(entry)
        for (const position of positions) {
          const start = position - offset
          if (possible && !possible.has(start)) continue
          kept ??= new Set()
          kept.add(start)
        }
        if (kept) next.set(entry, kept)
      })
    }
    starts = next
    if (next.size === 0) break
  }
  return new Set(starts?.keys())
}
