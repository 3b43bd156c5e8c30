/// <reference types="node" />
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findAll } from './find-text.ts'

const found = (source: string, query: string) =>
  findAll(source, query).map(({ start, end }) => source.slice(start, end))

test('case, accents, ligatures and line breaks do not hide a word', () => {
  assert.deepEqual(found('Résumé, resume and RESUME', 'resume'), ['Résumé', 'resume', 'RESUME'])
  assert.deepEqual(found('an e\ufb03cient way', 'efficient'), ['e\ufb03cient'])
  assert.deepEqual(found('trace\n  based   compilation', 'trace based'), ['trace\n  based'])
  assert.deepEqual(found('𝔸bc 𝔸', 'a'), ['𝔸', '𝔸'])
})

test('an empty query finds nothing and special characters are plain', () => {
  assert.deepEqual(found('anything', '   '), [])
  assert.deepEqual(found('a.b a+b (a)', 'a+b'), ['a+b'])
})
