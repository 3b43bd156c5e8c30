// Answers a question: reads it, finds what its words may stand for in this index, ranks.
// Must stay true: without lent keys there is no answer, and nothing opened stays in memory.
import { type Alternative, Analyzer } from './analyzer.ts'
import { IndexSnapshot, type IndexView } from './index-snapshot.ts'
import type { PhraseTerms } from './match-phrase.ts'
import { nearWord } from './near-word.ts'
import { type AskedPhrase, type AskedWord, parseQuestion } from './parse-question.ts'
import { documentFrequency, livingCount, rankEntries } from './rank-entries.ts'
import type { SearchCache } from './search-cache.ts'
import { STOP_WORDS } from './stop-words.ts'
import type { Language, SearchAnswer, SearchDb, SearchKeys, SearchQuestion } from './tenant-search.ts'
import { wordsWithPrefix } from './word-list.ts'

/** Most words a prefix stands for, and those beside a last word that is known itself. */
const PREFIX_WORDS = 32
const BESIDE_WORDS = 8
const BESIDE_WEIGHT = 0.25
const CORRECTED_WEIGHT = 0.8
/** A stop word of one language among others is not ranked when more than this share of entries has it. */
const FREQUENT = 0.25
const DEFAULT_LIMIT = 20

interface Group {
  readonly asked: AskedWord | null
  readonly word: string
  alternatives: Alternative[]
  weight: number
}

/** See TenantSearch.query. */
export async function searchEntries(
  db: SearchDb,
  keys: SearchKeys,
  cache: SearchCache,
  question: SearchQuestion,
): Promise<SearchAnswer> {
  const began = performance.now()
  try {
    keys.derive('search', 'page')
  } catch (error) {
    cache.drop(keys.tenant)
    throw error
  }
  const { words, phrases, excluded } = parseQuestion(question.text)
  const answer = (hits: SearchAnswer['hits'], total: number, suggestion: string | null) => ({
    hits,
    total,
    suggestion,
    took: performance.now() - began,
  })
  if (words.length + phrases.length === 0) return answer([], 0, null)

  const analyzer = new Analyzer()
  const snapshot = new IndexSnapshot(db, keys, cache)
  const groupsIn = (languages: ReadonlySet<Language>) => wordGroups(words, phrases, analyzer, languages)
  const phrasesIn = (asked: readonly AskedPhrase[], languages: ReadonlySet<Language>) =>
    asked.map((phrase) => phraseTerms(phrase, analyzer, languages))
  const more: Alternative[] = []
  const terms = (languages: ReadonlySet<Language>) => [
    ...groupsIn(languages).flatMap((group) => group.alternatives.map(({ term }) => term)),
    ...phrasesIn(excluded, languages).flatMap((phrase) =>
      phrase.flatMap(({ alternatives }) => alternatives.map(({ term }) => term)),
    ),
    ...more.map(({ term }) => term),
  ]
  let view = await snapshot.load({ terms, words: 'not' })
  let groups = groupsIn(view.languages)
  let corrections: { asked: AskedWord; word: string }[] = []
  if (groups.some((group) => needsWords(group, view))) {
    view = await snapshot.load({ terms, words: 'wanted' })
    groups = groupsIn(view.languages)
    const widened = widen(groups, view, analyzer)
    corrections = widened.corrections
    groups = widened.groups
    more.push(...groups.flatMap((group) => group.alternatives))
    view = await snapshot.load({ terms, words: 'not' })
  }
  const ranked = rankEntries(view.sources, {
    groups: withoutStopWords(groups, view),
    required: phrasesIn(phrases, view.languages),
    excluded: phrasesIn(excluded, view.languages),
    kinds: question.kinds,
    allows: question.allows,
    limit: question.limit ?? DEFAULT_LIMIT,
  })
  // A word of removed entries only must not be suggested: it would tell that they were there.
  const living = corrections.filter(
    ({ word }) => documentFrequency(view.sources, analyzer.alternatives(word, view.languages)) > 0,
  )
  return answer(ranked.hits, ranked.total, suggest(question.text, living))
}

function wordGroups(
  words: readonly AskedWord[],
  phrases: readonly AskedPhrase[],
  analyzer: Analyzer,
  languages: ReadonlySet<Language>,
): Group[] {
  const groups = new Map<string, Group>()
  const add = (word: string, asked: AskedWord | null) => {
    const known = groups.get(word)
    // The same word twice counts once; its last form decides whether it is a prefix.
    if (known && (asked === null || asked.prefix === 'no')) return
    groups.set(word, { asked, word, alternatives: analyzer.alternatives(word, languages), weight: 1 })
  }
  for (const asked of words) add(asked.word, asked)
  for (const phrase of phrases) for (const { word } of phrase.words) add(word, null)
  return [...groups.values()]
}

function phraseTerms(phrase: AskedPhrase, analyzer: Analyzer, languages: ReadonlySet<Language>): PhraseTerms {
  return phrase.words.map(({ word, offset }) => ({
    offset,
    alternatives: analyzer.alternatives(word, languages),
  }))
}

function needsWords({ asked, alternatives }: Group, view: IndexView): boolean {
  if (asked === null) return false
  if (asked.prefix === 'asked') return true
  if (asked.prefix === 'typing' && [...asked.word].length >= 3) return true
  return documentFrequency(view.sources, alternatives) === 0
}

/** Adds what prefixes stand for, and the nearest known word for unknown ones. */
function widen(
  groups: readonly Group[],
  view: IndexView,
  analyzer: Analyzer,
): { groups: Group[]; corrections: { asked: AskedWord; word: string }[] } {
  const corrections: { asked: AskedWord; word: string }[] = []
  const wider = groups.flatMap((group): Group[] => {
    const { asked, word, alternatives } = group
    if (asked === null) return [group]
    const known = documentFrequency(view.sources, alternatives) > 0
    const expand = (limit: number) =>
      distinct(
        wordsWithPrefix(view.words, word, limit).flatMap((longer) =>
          analyzer.alternatives(longer, view.languages).filter(({ weight }) => weight === 1),
        ),
      )
    if (asked.prefix === 'asked')
      return [{ ...group, alternatives: distinct([...alternatives, ...expand(PREFIX_WORDS)]) }]
    if (asked.prefix === 'typing' && [...word].length >= 3) {
      const longer = expand(known ? BESIDE_WORDS : PREFIX_WORDS)
      if (known) {
        const own = new Set(alternatives.map(({ term }) => term))
        const beside = longer.filter(({ term }) => !own.has(term))
        return beside.length === 0
          ? [group]
          : [group, { asked: null, word, alternatives: beside, weight: BESIDE_WEIGHT }]
      }
      if (longer.length > 0) return [{ ...group, alternatives: longer }]
    }
    if (known) return [group]
    const near = nearWord(view.words, word)
    if (near === null) return [group]
    corrections.push({ asked, word: near })
    return [
      {
        asked,
        word: near,
        alternatives: analyzer.alternatives(near, view.languages),
        weight: CORRECTED_WEIGHT,
      },
    ]
  })
  return { groups: wider, corrections }
}

function distinct(alternatives: readonly Alternative[]): Alternative[] {
  const weights = new Map<string, number>()
  for (const { term, weight } of alternatives) weights.set(term, Math.max(weight, weights.get(term) ?? 0))
  return [...weights].map(([term, weight]) => ({ term, weight }))
}

/**
 * Leaves out words that say nothing here, unless nothing else was asked. A stop word of one language can be a word of weight
 * in another (war, die, man): it goes when every language of the index has it, when the question holds two of its language,
 * or when it is everywhere.
 */
function withoutStopWords(groups: readonly Group[], view: IndexView): Group[] {
  const languages = [...view.languages].filter((language) => language !== 'und')
  const many = FREQUENT * livingCount(view.sources)
  const asked = new Set(groups.map(({ word }) => word))
  const spoken = languages.filter((language) => STOP_WORDS[language].intersection(asked).size >= 2)
  const kept = groups.filter((group) => {
    if (group.asked?.prefix === 'asked') return true
    const stops = languages.filter((language) => STOP_WORDS[language].has(group.word))
    if (stops.length === 0) return true
    if (stops.length === languages.length || stops.some((language) => spoken.includes(language))) return false
    return documentFrequency(view.sources, group.alternatives) <= many
  })
  return kept.length > 0 ? kept : [...groups]
}

function suggest(text: string, corrections: readonly { asked: AskedWord; word: string }[]): string | null {
  if (corrections.length === 0) return null
  let suggestion = text
  for (const { asked, word } of [...corrections].sort((a, b) => b.asked.start - a.asked.start))
    suggestion = suggestion.slice(0, asked.start) + word + suggestion.slice(asked.end)
  return suggestion
}
