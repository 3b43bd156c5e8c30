// Turns words into the terms of the index: folded and stemmed by language. A term carries no language, so a question asks
// for its words in every language the index holds.
// Must stay true: the same word and language always give the same term; whoever changes that raises ANALYZER, and re-indexes.
import { newStemmer } from 'snowball-stemmers'
import type { Language } from './tenant-search.ts'

/** Version of the rules here and of snowball-stemmers (0.6.0); every segment remembers the one it was made with. */
export const ANALYZER = 1

/** One term a word may stand for. Weight 1 is the word itself, less is a near relative. */
export interface Alternative {
  readonly term: string
  readonly weight: number
}

const RELATIVE = 0.7
const STEMMERS = {
  en: newStemmer('english'),
  de: newStemmer('german'),
  sv: newStemmer('swedish'),
} as const

/** Words to terms. Remembers what it has seen, so make one for a piece of work and let it go. */
export class Analyzer {
  readonly #seen = new Map<string, string>()

  /** The term of a word in a text of this language. */
  term(word: string, language: Language): string {
    const key = `${language}${word}`
    let term = this.#seen.get(key)
    if (term === undefined) {
      const folded = fold(word, language)
      term = language === 'und' || !/^\p{L}+$/u.test(folded) ? folded : stem(folded, language)
      this.#seen.set(key, term)
    }
    return term
  }

  /**
   * Every term a word of a question may stand for in an index of these languages. Swedish stemming leaves the neuter
   * definite form alone (avtalet, dokumentet), so each word also asks for its partner with or without -et.
   */
  alternatives(word: string, languages: Iterable<Language>): Alternative[] {
    const found = new Map<string, number>()
    const add = (term: string, weight: number) => {
      if (term !== '') found.set(term, Math.max(weight, found.get(term) ?? 0))
    }
    for (const language of languages) {
      const term = this.term(word, language)
      add(term, 1)
      if (language !== 'sv' || !/^\p{L}{3,}$/u.test(term)) continue
      const bare = /^(\p{L}{3,})et$/u.exec(term)?.[1]
      if (bare) {
        add(this.term(bare, 'sv'), RELATIVE)
        add(this.term(`${bare}e`, 'sv'), RELATIVE)
      } else {
        add(this.term(`${term}et`, 'sv'), RELATIVE)
      }
    }
    return [...found].map(([term, weight]) => ({ term, weight }))
  }
}

function stem(word: string, language: 'en' | 'de' | 'sv'): string {
  return STEMMERS[language].stem(word) || word
}

const LATIN: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ı: 'i',
  ħ: 'h',
  ё: 'е',
}
const SWEDISH: Readonly<Record<string, string>> = { ...LATIN, æ: 'ä', ø: 'ö' }

/** Drops accents where they are decoration: not from å, ä, ö in Swedish, and not in scripts where marks are vowels. */
function fold(word: string, language: Language): string {
  if (/^[\0-\x7f]*$/.test(word)) return word
  const letters = language === 'sv' ? SWEDISH : LATIN
  let folded = ''
  for (const letter of word) {
    const known = letters[letter]
    if (known !== undefined) folded += known
    else if (language === 'sv' && (letter === 'å' || letter === 'ä' || letter === 'ö')) folded += letter
    else if (/[\p{Script=Latin}\p{Script=Greek}]/u.test(letter))
      folded += letter.normalize('NFD').replace(/\p{M}/gu, '')
    else if (!/[\u0300-\u036f\u0591-\u05c7\u064b-\u0652\u0670]/.test(letter)) folded += letter
  }
  return folded
}
