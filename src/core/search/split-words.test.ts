import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { splitWords } from './split-words.ts'

const words = (text: string) => splitWords(text).map(({ word }) => word)

it('cuts at everything that is no letter or digit', () => {
  assert.deepEqual(words("John's boundary-layer, 2026-11-21 a_b"), [
    'john',
    's',
    'boundary',
    'layer',
    '2026',
    '11',
    '21',
    'a',
    'b',
  ])
})
it('makes compatible forms equal', () => {
  assert.deepEqual(words('ﬁnal ＡＢＣ ｶﾞ Ⅳ ½'), ['final', 'abc', 'ガ', 'iv', '1', '2'])
  assert.deepEqual(words('cafe\u0301 soft\u00adhyphen'), ['café', 'softhyphen'])
})
it('makes pairs where there are no spaces, and a tail', () => {
  assert.deepEqual(
    splitWords('契約書A').map(({ word, form, position }) => [word, form, position]),
    [
      ['契約', 'pair', 0],
      ['約書', 'pair', 1],
      ['書', 'tail', 2],
      ['a', 'word', 3],
    ],
  )
})
it('knows the words of Thai', () => assert.deepEqual(words('การค้นหา'), ['การ', 'ค้นหา']))
it('gives offsets into the text as given, in order, for any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      let last = 0
      let position = -1
      for (const word of splitWords(text)) {
        assert.ok(word.start >= last && word.end > word.start && word.end <= text.length)
        assert.ok(word.position > position)
        assert.ok(word.word.length > 0 && word.word.length <= 64)
        last = word.start
        position = word.position
      }
    }),
  )
})
