// Raises entries in which neighbouring words of the question stand close together. Reads positions, so only for the best candidates.
import type { Alternative } from './analyzer.ts'
import type { Source } from './index-snapshot.ts'

/** A word of the question with what it counts in the ranking. */
export interface WeighedWord {
  readonly alternatives: readonly Alternative[]
  readonly factor: number
}

const SHARE = 0.3
/** Words further apart than this say nothing about each other. */
const NEAR = 3

/**
 * What each of the entries of a source gains: for every two neighbouring words of the question, as BM25 with the
 * closeness of their places (1 for adjacent, 1/2, 1/3, in either order) as the count.
 * @param saturation by entry: BM25's k1 times its length normalisation
 */
export function proximity(
  source: Source,
  entries: readonly number[],
  words: readonly WeighedWord[],
  saturation: (entry: number) => number,
): Map<number, number> {
  const gains = new Map<number, number>()
  for (const entry of entries) {
    let before: number[] = []
    let gain = 0
    words.forEach((word, i) => {
      const here = word.alternatives.flatMap(({ term }) => source.positions(term, entry))
      const closeness = closenessOf(before, here)
      const factor = Math.min(word.factor, words[i - 1]?.factor ?? 0)
      if (closeness > 0) gain += (SHARE * factor * closeness) / (closeness + saturation(entry))
      before = here
    })
    if (gain > 0) gains.set(entry, gain)
  }
  return gains
}

function closenessOf(before: readonly number[], here: readonly number[]): number {
  let sum = 0
  for (const a of before) {
    for (const b of here) {
      const gap = Math.abs(a - b)
      if (gap > 0 && gap <= NEAR) sum += 1 / gap
    }
  }
  return sum
}
