// BM25 over one view of the index, with everything that decides who may appear applied in the accumulator, before the best are picked.
// Counts, frequencies and lengths are those of living entries. Sums over alternatives of a word share one document frequency.
import type { Alternative } from './analyzer.ts'
import type { Source } from './index-snapshot.ts'
import { matchPhrase, type PhraseTerms } from './match-phrase.ts'
import { proximity, type WeighedWord } from './proximity.ts'
import type { EntryRef, SearchHit } from './tenant-search.ts'

const K1 = 1.6
const B = 0.75
/** Positions are looked at for so many of the best. */
const CLOSER_LOOK = 100
/** Words of this weight or less are no neighbours of others. */
const BESIDE = 0.5

/** A word to rank by. Words of weight 1 or near are neighbours of each other; lesser ones stand beside. */
export interface RankedWord {
  readonly alternatives: readonly Alternative[]
  readonly weight: number
}

/** What to rank by. */
export interface RankedQuestion {
  /** A word each, in the order they were asked: what it may stand for and what it counts. */
  readonly groups: readonly RankedWord[]
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
    return { alternatives, weight, factor: weight * Math.log(1 + (count - df + 0.5) / (df + 0.5)) * (K1 + 1) }
  })
  const best = new Best(Math.max(question.limit, CLOSER_LOOK))
  const scoreNeeded = question.required.length === 0
  let total = 0
  for (const source of sources) {
    const scores = new Float64Array(source.table.size)
    for (const { alternatives, factor } of weighted)
      for (const { term, weight } of alternatives) addScores(source, term, factor * weight, average, scores)
    const admits = admission(source, question)
    for (let entry = 0; entry < scores.length; entry++) {
      const score = scores[entry] ?? 0
      if ((score === 0 && scoreNeeded) || (admits && !admits(entry))) continue
      total++
      best.offer(score, source, entry)
    }
  }
  const neighbours = weighted.filter(({ weight }) => weight > BESIDE)
  const hits = closerLook(best.candidates(), neighbours, average)
    .slice(0, question.limit)
    .map(({ score, source, entry }) => ({ ...source.table.ref(entry), score }))
  return { hits, total }
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
  const base = K1 * (1 - B)
  const slope = (K1 * B) / average
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i] ?? 0
    const weight = weights[i] ?? 0
    scores[entry] = (scores[entry] ?? 0) + (factor * weight) / (weight + base + slope * (lengths[entry] ?? 0))
  }
}

/** Whether an entry may be a hit: alive, holding every phrase, not excluded, of the kinds, allowed. Null when all may. */
function admission(source: Source, question: RankedQuestion): ((entry: number) => boolean) | null {
  const { alive } = source.living
  const { table } = source
  const required = question.required.map((phrase) => matchPhrase(source, phrase))
  const excluded = question.excluded.map((phrase) => matchPhrase(source, phrase))
  const kinds = question.kinds && table.kinds.map((kind) => question.kinds?.includes(kind))
  const { allows } = question
  if (!alive && !kinds && !allows && required.length + excluded.length === 0) return null
  return (entry) => {
    for (const matches of required) if (!matches.has(entry)) return false
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

/** Keeps the best so many in a heap, the worst on top; equals by entry id, so that the order never depends on how segments were merged. */
class Best {
  readonly #limit: number
  readonly #heap: Candidate[] = []

  constructor(limit: number) {
    this.#limit = limit
  }

  offer(score: number, source: Source, entry: number): void {
    const worst = this.#heap[0]
    if (this.#heap.length < this.#limit) {
      this.#heap.push({ score, source, entry })
      this.#rise(this.#heap.length - 1)
    } else if (worst && score >= worst.score) {
      if (score === worst.score && source.table.compareIds(entry, worst.source.table, worst.entry) >= 0)
        return
      this.#heap[0] = { score, source, entry }
      this.#sink()
    }
  }

  candidates(): Candidate[] {
    return this.#heap.sort(byScore)
  }

  #rise(from: number): void {
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >> 1
      if (!this.#swapIfWorse(at, parent)) return
      at = parent
    }
  }

  #sink(): void {
    for (let at = 0; ; ) {
      const left = 2 * at + 1
      const right = left + 1
      if (left >= this.#heap.length) return
      const worse = right < this.#heap.length && this.#isWorse(right, left) ? right : left
      if (!this.#swapIfWorse(worse, at)) return
      at = worse
    }
  }

  #swapIfWorse(low: number, high: number): boolean {
    if (!this.#isWorse(low, high)) return false
    const one = this.#heap[low]
    const other = this.#heap[high]
    if (one && other) {
      this.#heap[low] = other
      this.#heap[high] = one
    }
    return true
  }

  #isWorse(one: number, other: number): boolean {
    const a = this.#heap[one]
    const b = this.#heap[other]
    return a !== undefined && b !== undefined && byScore(a, b) > 0
  }
}

function byScore(a: Candidate, b: Candidate): number {
  return b.score - a.score || a.source.table.compareIds(a.entry, b.source.table, b.entry)
}

/** Adds proximity to the first candidates. It only raises, so those behind them stay behind. */
function closerLook(
  candidates: readonly Candidate[],
  words: readonly WeighedWord[],
  average: number,
): Candidate[] {
  if (words.length < 2) return [...candidates]
  const looked = candidates.slice(0, CLOSER_LOOK)
  const bySource = Map.groupBy(looked, ({ source }) => source)
  const raised = [...bySource].flatMap(([source, some]) => {
    const entries = some.map(({ entry }) => entry)
    const gains = proximity(source, entries, words, (entry) => saturation(source, entry, average))
    return some.map((one) => ({ ...one, score: one.score + (gains.get(one.entry) ?? 0) }))
  })
  return [...raised.sort(byScore), ...candidates.slice(CLOSER_LOOK)]
}

/** BM25's k1 with its length normalisation. */
function saturation(source: Source, entry: number, average: number): number {
  return K1 * (1 - B + (B * (source.table.lengths[entry] ?? 0)) / average)
}
