// BM25 over one view of the index, with everything that decides who may appear applied in the accumulator, before the best are picked.
// Counts, frequencies and lengths are those of living entries. Sums over alternatives of a word share one document frequency.
import type { Alternative } from './analyzer.ts'
import type { Source } from './index-snapshot.ts'
import { matchPhrase, type PhraseTerms } from './match-phrase.ts'
import type { EntryRef, SearchHit } from './tenant-search.ts'

/** Usual values (Robertson); see bench/search.ts for what they give on Cranfield. */
export const BM25 = { k1: 1.2, b: 0.75 } as const

/** What to rank by. */
export interface RankedQuestion {
  /** A word each, with what it may stand for and what it counts. */
  readonly groups: readonly { readonly alternatives: readonly Alternative[]; readonly weight: number }[]
  readonly required: readonly PhraseTerms[]
  readonly excluded: readonly PhraseTerms[]
  readonly kinds?: readonly string[] | undefined
  readonly allows?: ((ref: EntryRef) => boolean) | undefined
  readonly limit: number
}

/** In how many living entries the alternatives occur, summed, at most all of them. */
export function documentFrequency(sources: readonly Source[], alternatives: readonly Alternative[]): number {
  let sum = 0
  for (const source of sources) {
    const { alive } = source.living
    for (const { term } of alternatives) {
      const ranked = source.ranked(term)
      if (!ranked) continue
      if (alive) for (const entry of ranked.entries) sum += alive[entry] ?? 0
      else sum += ranked.entries.length
    }
  }
  return Math.min(sum, livingCount(sources))
}

/** Entries that are alive. */
export function livingCount(sources: readonly Source[]): number {
  return sources.reduce((sum, source) => sum + source.living.count, 0)
}

/** The best hits and the number of all. */
export function rankEntries(
  sources: readonly Source[],
  question: RankedQuestion,
): { hits: SearchHit[]; total: number } {
  const count = livingCount(sources)
  const average = sources.reduce((sum, source) => sum + source.living.length, 0) / Math.max(count, 1) || 1
  const weighted = question.groups.map(({ alternatives, weight }) => {
    const df = documentFrequency(sources, alternatives)
    return { alternatives, factor: weight * Math.log(1 + (count - df + 0.5) / (df + 0.5)) * (BM25.k1 + 1) }
  })
  const best = new Best(question.limit)
  let total = 0
  for (const source of sources) {
    const scores = new Float64Array(source.table.size)
    for (const { alternatives, factor } of weighted)
      for (const { term, weight } of alternatives) addScores(source, term, factor * weight, average, scores)
    const admits = admission(source, question, scores)
    for (let entry = 0; entry < scores.length; entry++) {
      if (!admits(entry)) continue
      total++
      best.offer(scores[entry] ?? 0, source, entry)
    }
  }
  return { hits: best.hits(), total }
}

function addScores(
  source: Source,
  term: string,
  factor: number,
  average: number,
  scores: Float64Array,
): void {
  const ranked = source.ranked(term)
  if (!ranked) return
  const { entries, weights } = ranked
  const { lengths } = source.table
  const base = BM25.k1 * (1 - BM25.b)
  const slope = (BM25.k1 * BM25.b) / average
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i] ?? 0
    const weight = weights[i] ?? 0
    scores[entry] = (scores[entry] ?? 0) + (factor * weight) / (weight + base + slope * (lengths[entry] ?? 0))
  }
}

/** Whether an entry may be a hit: alive, scored or holding every phrase, not excluded, of the kinds, allowed. */
function admission(
  source: Source,
  question: RankedQuestion,
  scores: Float64Array,
): (entry: number) => boolean {
  const { alive } = source.living
  const { table } = source
  const required = question.required.map((phrase) => matchPhrase(source, phrase))
  const excluded = question.excluded.map((phrase) => matchPhrase(source, phrase))
  const kinds = question.kinds && table.kinds.map((kind) => question.kinds?.includes(kind))
  const { allows } = question
  return (entry) => {
    if (required.length > 0) {
      for (const matches of required) if (!matches.has(entry)) return false
    } else if ((scores[entry] ?? 0) <= 0) return false
    if (alive && alive[entry] !== 1) return false
    if (kinds && !kinds[table.kindOf[entry] ?? 0]) return false
    for (const matches of excluded) if (matches.has(entry)) return false
    return allows ? allows(table.ref(entry)) : true
  }
}

interface Candidate {
  readonly score: number
  readonly source: Source
  readonly entry: number
}

/** Keeps the best so many; equals by entry id, so that the order never depends on how segments were merged. */
class Best {
  readonly #limit: number
  #kept: Candidate[] = []
  #bar = Number.NEGATIVE_INFINITY

  constructor(limit: number) {
    this.#limit = limit
  }

  offer(score: number, source: Source, entry: number): void {
    if (score < this.#bar) return
    this.#kept.push({ score, source, entry })
    if (this.#kept.length < 4 * this.#limit + 64) return
    this.#kept = this.#sorted().slice(0, this.#limit)
    this.#bar = this.#kept.at(-1)?.score ?? this.#bar
  }

  hits(): SearchHit[] {
    return this.#sorted()
      .slice(0, this.#limit)
      .map(({ score, source, entry }) => ({ ...source.table.ref(entry), score }))
  }

  #sorted(): Candidate[] {
    return this.#kept.sort((a, b) => b.score - a.score || (idOf(a) < idOf(b) ? -1 : 1))
  }
}

function idOf({ source, entry }: Candidate): string {
  return source.table.ref(entry).entry
}
