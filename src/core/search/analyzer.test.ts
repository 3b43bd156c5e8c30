import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { it } from 'node:test'
import { ANALYZER, Analyzer } from './analyzer.ts'

it('a new stemmer is a new analyzer: the version and a sample of terms stand and fall together', () => {
  const { version } = createRequire(import.meta.url)('snowball-stemmers/package.json')
  assert.deepEqual([ANALYZER, version], [1, '0.6.0'])
  const analyzer = new Analyzer()
  const terms = (language: 'en' | 'de' | 'sv' | 'und', ...words: string[]) =>
    words.map((word) => analyzer.term(word, language))
  assert.deepEqual(terms('en', 'agreements', 'agreed', 'running', 'café', 'naïve'), [
    'agreement',
    'agre',
    'run',
    'cafe',
    'naiv',
  ])
  assert.deepEqual(terms('de', 'verträge', 'häuser', 'straße'), ['vertrag', 'haus', 'strass'])
  assert.deepEqual(terms('sv', 'avtalet', 'avtalen', 'böcker', 'idéer'), ['avtalet', 'avtal', 'böck', 'ide'])
  assert.deepEqual(terms('und', 'čeština', 'ёлка', 'שָׁלוֹם', 'हिन्दी'), ['cestina', 'елка', 'שלום', 'हिन्दी'])
})

it('asks for Swedish -et forms both ways, and only where Swedish is', () => {
  const analyzer = new Analyzer()
  const asked = (word: string, ...languages: ('en' | 'sv')[]) =>
    analyzer.alternatives(word, languages).map(({ term }) => term)
  assert.deepEqual(asked('avtal', 'sv'), ['avtal', 'avtalet'])
  assert.deepEqual(asked('avtalets', 'sv').slice(0, 2), ['avtalet', 'avtal'])
  assert.deepEqual(asked('market', 'en'), ['market'])
})
