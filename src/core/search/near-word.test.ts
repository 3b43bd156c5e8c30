import assert from 'node:assert/strict'
import { it } from 'node:test'
import { nearWord } from './near-word.ts'

const lists = [
  {
    words: ['agreement', 'amendment', 'avtal', 'cat', 'contract', 'contrast'],
    counts: Uint32Array.of(5, 3, 1, 9, 2, 8),
  },
]

it('finds one edit in short words, two in long ones', () => {
  assert.equal(nearWord(lists, 'avtla'), 'avtal')
  assert.equal(nearWord(lists, 'agreemnet'), 'agreement')
  assert.equal(nearWord(lists, 'agremnet'), 'agreement')
  assert.equal(nearWord(lists, 'avtlas'), null)
})
it('takes the more frequent of equals', () => assert.equal(nearWord(lists, 'contrart'), 'contrast'))
it('leaves short words and numbers alone', () => {
  assert.equal(nearWord(lists, 'caat'), 'cat')
  assert.equal(nearWord(lists, 'cta'), null)
  assert.equal(nearWord(lists, 'contr4ct'), null)
})
