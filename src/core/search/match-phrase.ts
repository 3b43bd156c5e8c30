// Which entries of a source hold a phrase: the words (or what they may stand for) at their distances.
import type { Alternative } from './analyzer.ts'
import type { Source } from './index-snapshot.ts'

/** A phrase as terms: at each distance from its start, any of the alternatives. */
export type PhraseTerms = readonly {
  readonly offset: number
  readonly alternatives: readonly Alternative[]
}[]

/** Living entries of the source that hold the phrase. */
export function matchPhrase(source: Source, phrase: PhraseTerms): Set<number> {
  const { alive } = source.living
  const matches = new Set<number>()
  const count = (word: PhraseTerms[number]) =>
    word.alternatives.reduce((sum, { term }) => sum + (source.ranked(term)?.entries.length ?? 0), 0)
  // The rarest word leads; the others are only looked up where it stands.
  const [rarest, ...others] = [...phrase].sort((a, b) => count(a) - count(b))
  for (const { term } of rarest?.alternatives ?? []) {
    for (const entry of source.ranked(term)?.entries ?? []) {
      if (!rarest || matches.has(entry) || (alive && alive[entry] !== 1)) continue
      let starts = startsOf(source, rarest, entry)
      for (const word of others) {
        if (starts.size === 0) break
        starts = starts.intersection(startsOf(source, word, entry))
      }
      if (starts.size > 0) matches.add(entry)
    }
  }
  return matches
}

/** Where the phrase would begin for the word to be in its place. */
function startsOf(source: Source, word: PhraseTerms[number], entry: number): Set<number> {
  const starts = new Set<number>()
  for (const { term } of word.alternatives)
    for (const position of source.positions(term, entry)) starts.add(position - word.offset)
  return starts
}
