// Guesses in which of the stemmed languages a text is written, by its most frequent words.
import { splitWords } from './split-words.ts'
import { STOP_WORDS } from './stop-words.ts'
import type { Language } from './tenant-search.ts'

/** Looks at the first 4,000 characters. `otherwise` is the answer when they do not tell. */
export function guessLanguage(text: string, otherwise: Language = 'und'): Language {
  const words = splitWords(text.slice(0, 4_000))
  const plain = words.filter((word) => word.form === 'word')
  if (plain.length * 2 < words.length) return 'und'
  const hits = (['en', 'de', 'sv'] as const)
    .map((language) => ({
      language,
      count: plain.filter(({ word }) => STOP_WORDS[language].has(word)).length,
    }))
    .sort((a, b) => b.count - a.count)
  const [best, second] = hits
  if (!best || best.count < 2 || best.count === second?.count) return otherwise
  return best.count / plain.length >= 0.08 ? best.language : plain.length < 30 ? otherwise : 'und'
}
