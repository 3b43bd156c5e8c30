// The words of a segment as people write them (folded to lower case, not stemmed), with how many entries hold each.
// They serve prefixes, typing errors and suggestions; ranking never needs them.
import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'

/** How many entries hold each word. */
export type WordCounts = Map<string, number>

/** Words of one sealed part, at most. */
export const WORDS_PER_PART = 2_000

/** Opened words, sorted by code unit. */
export interface WordList {
  readonly words: readonly string[]
  readonly counts: Uint32Array
}

/** Encodes words in parts, front-coded. */
export function encodeWords(counts: ReadonlyMap<string, number>): Buffer[] {
  const words = [...counts.keys()].sort()
  const parts: Buffer[] = []
  for (let from = 0; from < words.length; from += WORDS_PER_PART) {
    const writer = new ByteWriter()
    let last = ''
    const part = words.slice(from, from + WORDS_PER_PART)
    writer.integer(part.length)
    for (const word of part) {
      let same = 0
      while (same < word.length && word[same] === last[same]) same++
      // A cut between the halves of a surrogate pair would not survive UTF-8.
      if (same > 0 && isHighSurrogate(word.charCodeAt(same - 1))) same--
      writer
        .integer(same)
        .text(word.slice(same))
        .integer(counts.get(word) ?? 0)
      last = word
    }
    parts.push(writer.done())
  }
  return parts
}

/** Joins parts in order. */
export function decodeWords(parts: readonly Buffer[]): WordList {
  const words: string[] = []
  const counts: number[] = []
  for (const part of parts) {
    const reader = new ByteReader(part)
    let last = ''
    for (let left = reader.integer(); left > 0; left--) {
      last = last.slice(0, reader.integer()) + reader.text()
      words.push(last)
      counts.push(reader.integer())
    }
  }
  return { words, counts: Uint32Array.from(counts) }
}

/** The most frequent words of all lists that begin with the prefix, the prefix itself left out. */
export function wordsWithPrefix(lists: readonly WordList[], prefix: string, limit: number): string[] {
  const found: WordCounts = new Map()
  for (const { words, counts } of lists) {
    for (let at = lowerBound(words, prefix); words[at]?.startsWith(prefix); at++) {
      const word = words[at] ?? ''
      if (word !== prefix) found.set(word, (found.get(word) ?? 0) + (counts[at] ?? 0))
    }
  }
  return [...found]
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, limit)
    .map(([word]) => word)
}

/** Whether any list holds the word. */
export function hasWord(lists: readonly WordList[], word: string): boolean {
  return lists.some(({ words }) => words[lowerBound(words, word)] === word)
}

function lowerBound(words: readonly string[], wanted: string): number {
  let low = 0
  let high = words.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((words[middle] ?? '') < wanted) low = middle + 1
    else high = middle
  }
  return low
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff
}
