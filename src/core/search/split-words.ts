// Cuts text into words, for indexing, asking and highlighting alike: the three must cut the same way.
// Words are NFKC and lower case with their accents; scripts without spaces become overlapping pairs of characters (Han, kana,
// Hangul) or dictionary words (Thai and its neighbours). Offsets are those of the text as given.

/** `pair` and `tail` are two characters of a script without spaces, and the last character of its run. */
export interface Word {
  readonly word: string
  readonly form: 'word' | 'pair' | 'tail'
  /** Place in the sequence of words; the characters of a run without spaces have one each. */
  readonly position: number
  readonly start: number
  readonly end: number
}

/** Longer words are cut to this many code units. */
const LONGEST = 64

const RAW = /[\p{L}\p{M}\p{N}\u00ad\u200b-\u200d\u2060]+/gu
const PIECE =
  /(?<pairs>[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u30fc]+)|(?<segmented>[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]+)|(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u30fc\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}])[\p{L}\p{M}\p{N}])+/gu
const UNSEEN = /[\u00ad\u200b-\u200d\u2060]/g

/** The words of a text in order. */
export function splitWords(text: string): Word[] {
  const words: Word[] = []
  let position = 0
  for (const { 0: raw, index: start } of text.matchAll(RAW)) {
    const end = start + raw.length
    if (isPlain(raw)) {
      words.push({
        word: raw.toLowerCase().slice(0, LONGEST),
        form: 'word',
        position: position++,
        start,
        end,
      })
      continue
    }
    const normal = raw.replace(UNSEEN, '').normalize('NFKC').toLowerCase().normalize('NFC')
    const exact = normal.length === raw.length
    for (const { 0: piece, index, groups } of normal.matchAll(PIECE)) {
      const at = (from: number, to: number) =>
        exact ? { start: start + index + from, end: start + index + to } : { start, end }
      if (groups?.pairs) {
        const letters = [...piece]
        let offset = 0
        letters.forEach((letter, i) => {
          const next = letters[i + 1]
          const word = letter + (next ?? '')
          words.push({
            word,
            form: next ? 'pair' : 'tail',
            position: position++,
            ...at(offset, offset + word.length),
          })
          offset += letter.length
        })
      } else if (groups?.segmented) {
        for (const part of new Intl.Segmenter('th', { granularity: 'word' }).segment(piece))
          words.push({
            word: part.segment,
            form: 'word',
            position: position++,
            ...at(part.index, part.index + part.segment.length),
          })
      } else {
        words.push({
          word: wholeLetters(piece.slice(0, LONGEST)),
          form: 'word',
          position: position++,
          ...at(0, piece.length),
        })
      }
    }
  }
  return words
}

function isPlain(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false
  return true
}

/** Without half a surrogate pair at the end, which would not survive UTF-8. */
function wholeLetters(text: string): string {
  return /[\ud800-\udbff]$/.test(text) ? text.slice(0, -1) : text
}
