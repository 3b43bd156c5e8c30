// Reads what somebody typed into a search box. Nothing is an error: what cannot be meant is taken as words.
import { splitWords, type Word } from './split-words.ts'

/** A word to find. `prefix`: `asked` by a star, `typing` for the last word while nothing follows it. */
export interface AskedWord {
  readonly word: string
  readonly prefix: 'no' | 'asked' | 'typing'
  readonly start: number
  readonly end: number
}

/** A phrase: its words with their distance from the first. */
export interface AskedPhrase {
  readonly words: readonly { readonly word: string; readonly offset: number }[]
}

export interface Question {
  readonly words: readonly AskedWord[]
  readonly phrases: readonly AskedPhrase[]
  /** Must not match; single words are phrases of one. */
  readonly excluded: readonly AskedPhrase[]
}

const MOST_WORDS = 64
const CHUNK =
  /(?<minus>(?<![^\s])[-\u2212])?(?:["\u201c\u201d\u201e\u00ab\u00bb](?<quoted>[^"\u201c\u201d\u201e\u00ab\u00bb]*)["\u201c\u201d\u201e\u00ab\u00bb]?|(?<bare>[^\s"\u201c\u201d\u201e\u00ab\u00bb]+))/gu

/** Words, quoted phrases, `-word`, `-"phrase"` and `word*` of a question; at most 64 words. */
export function parseQuestion(text: string): Question {
  const words: AskedWord[] = []
  const phrases: AskedPhrase[] = []
  const excluded: AskedPhrase[] = []
  for (const match of text.matchAll(CHUNK)) {
    const { minus, quoted, bare } = match.groups ?? {}
    const from = match.index + (minus?.length ?? 0)
    const found = asked(splitWords(quoted ?? bare ?? ''))
    if (found.length === 0) continue
    if (minus) {
      excluded.push(phraseOf(found))
    } else if (quoted !== undefined) {
      phrases.push(phraseOf(found))
    } else if (bare !== undefined) {
      const typed = from + bare.length === text.length
      found.forEach((word, i) => {
        const isLast = i === found.length - 1
        const after = bare.slice(word.end)
        words.push({
          word: word.word,
          prefix:
            (isLast && after.startsWith('*')) || word.form === 'tail'
              ? 'asked'
              : isLast && typed && after === '' && word.form === 'word'
                ? 'typing'
                : 'no',
          start: from + word.start,
          end: from + word.end,
        })
      })
    }
  }
  return { words: words.slice(0, MOST_WORDS), phrases: phrases.slice(0, MOST_WORDS), excluded }
}

/** The last character of a run is asked only when it is the whole run; pairs hold it otherwise. */
function asked(words: readonly Word[]): Word[] {
  return words.filter(
    (word, i) => word.form !== 'tail' || words[i - 1]?.form !== 'pair' || words[i - 1]?.end !== word.end,
  )
}

function phraseOf(words: readonly Word[]): AskedPhrase {
  const first = words[0]?.position ?? 0
  return { words: words.map(({ word, position }) => ({ word, offset: position - first })) }
}
