// Picks the passage of a text that shows best why it was found, and marks the words that match.
// Must stay true: joined together the parts are a piece of the text as it is (with … where it was cut); nothing is ever escaped here.
import { Analyzer } from './analyzer.ts'
import { parseQuestion } from './parse-question.ts'
import { splitWords } from './split-words.ts'
import { STOP_WORDS } from './stop-words.ts'
import type { Language } from './tenant-search.ts'

/** A stretch of a passage. */
export interface PassagePart {
  readonly text: string
  readonly match: boolean
}

interface Span {
  readonly start: number
  end: number
  readonly word: string
}

const WIDTH = 240
/** Only so much of a text is looked at, characters. */
const MOST_TEXT = 200_000
const LANGUAGES: readonly Language[] = ['und', 'en', 'de', 'sv']

/**
 * A passage around the densest place with the most different words of the question; the beginning when none
 * occurs. Words match as the index matches them, in any of its languages.
 * @param text plain text, in any script
 * @param question as it was typed
 * @param width characters of the passage, about
 */
export function highlight(text: string, question: string, width: number = WIDTH): PassagePart[] {
  const looked = text.slice(0, MOST_TEXT)
  const spans = matches(looked, question)
  const { start, end } = cutOut(looked, bestSpans(spans, width), width)
  const parts: PassagePart[] = []
  const add = (piece: string, match: boolean) => {
    const shown = piece.replace(/\s+/g, ' ')
    if (shown !== '') parts.push({ text: shown, match })
  }
  let at = start
  if (start > 0) add('… ', false)
  for (const span of spans) {
    if (span.start < at || span.end > end) continue
    add(text.slice(at, span.start), false)
    add(text.slice(span.start, span.end), true)
    at = span.end
  }
  add(text.slice(at, end), false)
  if (end < text.length) add(' …', false)
  return joined(parts)
}

/** Places of the text where a word of the question stands, in order, overlapping ones joined. */
function matches(text: string, question: string): Span[] {
  const analyzer = new Analyzer()
  const wanted = new Set<string>()
  const prefixes: string[] = []
  const { words, phrases } = parseQuestion(question)
  const asked = [
    ...words.map(({ word }) => word),
    ...phrases.flatMap((phrase) => phrase.words.map((w) => w.word)),
  ]
  const telling = asked.filter((word) => !isStopWord(word))
  for (const word of telling.length > 0 ? telling : asked)
    for (const { term } of analyzer.alternatives(word, LANGUAGES)) wanted.add(term)
  for (const { word, prefix } of words) {
    const longEnough = [...word].length >= 3
    if (prefix === 'asked' || (prefix === 'typing' && longEnough)) prefixes.push(word)
  }
  const spans: Span[] = []
  for (const { word, start, end } of splitWords(text)) {
    const isMatch =
      prefixes.some((prefix) => word.startsWith(prefix)) ||
      LANGUAGES.some((language) => wanted.has(analyzer.term(word, language)))
    if (!isMatch) continue
    const last = spans.at(-1)
    if (last && start < last.end) last.end = Math.max(last.end, end)
    else spans.push({ start, end, word })
  }
  return spans
}

function isStopWord(word: string): boolean {
  return STOP_WORDS.en.has(word) || STOP_WORDS.de.has(word) || STOP_WORDS.sv.has(word)
}

/** The run of matches within a window that has the most different words, then the most matches. */
function bestSpans(spans: readonly Span[], width: number): readonly Span[] {
  let best: readonly Span[] = []
  let bestWorth = 0
  const inside = new Map<string, number>()
  let from = 0
  spans.forEach((span, to) => {
    inside.set(span.word, (inside.get(span.word) ?? 0) + 1)
    for (; from < to && span.end - (spans[from]?.start ?? 0) > width; from++) {
      const word = spans[from]?.word ?? ''
      const left = (inside.get(word) ?? 1) - 1
      if (left > 0) inside.set(word, left)
      else inside.delete(word)
    }
    const worth = inside.size * 100 + (to - from + 1)
    if (worth <= bestWorth) return
    bestWorth = worth
    best = spans.slice(from, to + 1)
  })
  return best
}

/** Where to cut: the matches in the middle, at spaces if there are any near, never inside a character. */
function cutOut(text: string, spans: readonly Span[], width: number): { start: number; end: number } {
  const first = spans[0]?.start ?? 0
  const last = spans.at(-1)?.end ?? 0
  const spare = Math.max(0, width - (last - first))
  let start = Math.max(0, first - Math.floor(spare / 2))
  const end = Math.min(text.length, Math.max(last, start + width))
  start = Math.max(0, Math.min(start, end - width))
  return { start: cutAfter(text, start, first), end: cutBefore(text, end, last) }
}

function cutAfter(text: string, at: number, most: number): number {
  if (at <= 0) return 0
  const space = text.slice(at, Math.min(at + 30, most)).search(/\s/)
  if (space >= 0) return at + space + 1
  let cut = at
  while (cut < most && isInside(text, cut)) cut++
  return cut
}

function cutBefore(text: string, at: number, least: number): number {
  if (at >= text.length) return text.length
  for (let cut = at; cut > Math.max(least, at - 30); cut--) if (/\s/.test(text[cut] ?? '')) return cut
  let cut = at
  while (cut > least && isInside(text, cut)) cut--
  return cut
}

/** Whether a cut here would part what reads as one character: surrogates, marks, joiners, variation selectors. */
function isInside(text: string, at: number): boolean {
  const before = text.charCodeAt(at - 1)
  const next = String.fromCodePoint(text.codePointAt(at) ?? 0)
  return (
    (before >= 0xd800 && before <= 0xdbff) ||
    before === 0x200d ||
    /^(?:\p{M}|\u200d|\p{Emoji_Modifier})/u.test(next)
  )
}

function joined(parts: readonly PassagePart[]): PassagePart[] {
  const whole: { text: string; match: boolean }[] = []
  for (const part of parts) {
    const last = whole.at(-1)
    if (last?.match === part.match) last.text += part.text
    else whole.push({ ...part })
  }
  return whole
}
