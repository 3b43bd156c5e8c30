/**
 * Finds a quoted passage in the text of a page. Must stay true: what is answered reads like the quote; a passage that is not
 * there is not found, however alike the words are.
 */
import search from 'approx-string-match'
import { type FoldedText, foldText } from './fold-text.ts'
import { type PageRun, rectsOf, sharedArea } from './quote-rects.ts'
import type { Rect } from './snip.schema.ts'

export interface QuoteToFind {
  readonly exact: string
  readonly prefix?: string | undefined
  readonly suffix?: string | undefined
  /** Where the person saw it: tells equal passages of one page apart. */
  readonly rects?: readonly Rect[] | undefined
}

/** UTF-16 indices into the page's text; `errors` is how many letters differ from the quote. */
export interface LocatedQuote {
  readonly start: number
  readonly end: number
  readonly errors: number
}

/**
 * After folding, honest quotes differ by what two PDF readers make of a font: a letter here and there. One in eight lets
 * those pass. Hypothesis allows half the quote, which finds *some* sentence of the same language in nearly every page.
 */
const LETTERS_AN_ERROR = 8
const MOST_ERRORS = 64
/** What stands around a quote, compared folded. */
const CONTEXT = 32
const MARK = /\p{M}/u

/** The best place of the quote, or undefined. */
export function locateQuote(
  page: { readonly text: string; readonly runs: readonly PageRun[] },
  quote: QuoteToFind,
): LocatedQuote | undefined {
  const text = foldText(page.text)
  const wanted = foldText(quote.exact).text
  if (wanted === '') return undefined
  const exact = allOf(text.text, wanted)
  const places = exact.length > 0 ? exact : nearlyAllOf(text.text, wanted)
  const prefix = foldText(quote.prefix ?? '').text.slice(-CONTEXT)
  const suffix = foldText(quote.suffix ?? '').text.slice(0, CONTEXT)
  let best: { place: LocatedQuote; score: number } | undefined
  for (const found of places) {
    const place = original(text, found, page.text)
    const score =
      sharedEnd(text.text.slice(Math.max(0, found.start - CONTEXT), found.start), prefix) +
      sharedStart(text.text.slice(found.end, found.end + CONTEXT), suffix) +
      (quote.rects?.length ? 2 * CONTEXT * sharedArea(rectsOf(page.runs, place), quote.rects) : 0) -
      4 * found.errors
    if (!best || score > best.score) best = { place, score }
  }
  return best?.place
}

function allOf(text: string, wanted: string): LocatedQuote[] {
  const places: LocatedQuote[] = []
  for (let at = text.indexOf(wanted); at >= 0 && places.length < 1_000; at = text.indexOf(wanted, at + 1)) {
    const end = at + wanted.length
    // Folded, "å" is "a" and a mark: it does not read like "a".
    if (!MARK.test(text.charAt(end))) places.push({ start: at, end, errors: 0 })
  }
  return places
}

function nearlyAllOf(text: string, wanted: string): LocatedQuote[] {
  const most = Math.min(MOST_ERRORS, Math.floor(wanted.length / LETTERS_AN_ERROR))
  return most === 0
    ? []
    : search(text, wanted, most).map(({ start, end, errors }) => ({ start, end, errors }))
}

function original({ origins }: FoldedText, { start, end, errors }: LocatedQuote, text: string): LocatedQuote {
  const first = origins[start] ?? 0
  const last = origins[end - 1] ?? first
  return { start: first, end: last + ((text.codePointAt(last) ?? 0) > 0xffff ? 2 : 1), errors }
}

function sharedEnd(a: string, b: string): number {
  let count = 0
  while (count < Math.min(a.length, b.length) && a.at(-1 - count) === b.at(-1 - count)) count++
  return count
}

function sharedStart(a: string, b: string): number {
  let count = 0
  while (count < Math.min(a.length, b.length) && a[count] === b[count]) count++
  return count
}
