// Finds the word somebody meant: optimal string alignment distance (insert, delete, replace, swap neighbours).
import type { WordList } from './word-list.ts'

/**
 * The nearest word, the more frequent of equals: within 1 edit for 4 to 7 letters, 2 for 8 and more. Null for shorter
 * words, words with digits, and when nothing is near.
 */
export function nearWord(lists: readonly WordList[], typed: string): string | null {
  const reach = typed.length >= 8 ? 2 : typed.length >= 4 ? 1 : 0
  if (reach === 0 || typed.length > 40 || !/^\p{L}+$/u.test(typed)) return null
  const distance = distanceFrom(typed)
  let best = reach
  const near = new Map<string, number>()
  for (const { words, counts } of lists) {
    for (let i = 0; i < words.length; i++) {
      const word = words[i] ?? ''
      if (Math.abs(word.length - typed.length) > best) continue
      const edits = distance(word, best)
      if (edits > best) continue
      if (edits < best) {
        best = edits
        near.clear()
      }
      near.set(word, (near.get(word) ?? 0) + (counts[i] ?? 0))
    }
  }
  return [...near].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))[0]?.[0] ?? null
}

/** Distances from one word; the answer is above `limit` as soon as it cannot be within. */
function distanceFrom(typed: string): (word: string, limit: number) => number {
  const width = typed.length
  let older = new Uint8Array(width + 1)
  let last = new Uint8Array(width + 1)
  let row = new Uint8Array(width + 1)
  return (word, limit) => {
    for (let j = 0; j <= width; j++) last[j] = j
    for (let i = 1; i <= word.length; i++) {
      const letter = word.charCodeAt(i - 1)
      row[0] = i
      let least = i
      for (let j = 1; j <= width; j++) {
        const other = typed.charCodeAt(j - 1)
        const replaced = (last[j - 1] ?? 0) + (letter === other ? 0 : 1)
        let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, replaced)
        const swaps = i > 1 && j > 1 && letter === typed.charCodeAt(j - 2) && word.charCodeAt(i - 2) === other
        if (swaps) cost = Math.min(cost, (older[j - 2] ?? 0) + 1)
        row[j] = cost
        if (cost < least) least = cost
      }
      if (least > limit) return limit + 1
      const free = older
      older = last
      last = row
      row = free
    }
    return last[width] ?? 0
  }
}
