import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { highlight } from './highlight.ts'

const marked = (text: string, question: string) =>
  highlight(text, question)
    .filter(({ match }) => match)
    .map((part) => part.text)

it('marks the words of the question in any form', () => {
  assert.deepEqual(marked('The tenants were running away', 'tenant run '), ['tenants', 'running'])
  assert.deepEqual(marked('Avtalet och avtal', 'avtal'), ['Avtalet', 'avtal'])
  assert.deepEqual(marked('Verträge', 'vertrag'), ['Verträge'])
})
it('marks prefixes and phrases, not what is excluded', () => {
  assert.deepEqual(marked('contracting parties', 'contr* '), ['contracting'])
  assert.deepEqual(marked('a lease of land', '"lease of land"'), ['lease', 'land'])
  assert.deepEqual(marked('a lease of land', 'lease -land'), ['lease'])
})
it('marks scripts without spaces', () => {
  assert.deepEqual(marked('この契約書を確認する', '契約書'), ['契約書'])
  assert.deepEqual(marked('ＯＦＦＥＲ', 'offer'), ['ＯＦＦＥＲ'])
})
it('shows the place with the most different words', () => {
  const text = `tenant ${'filler words here '.repeat(60)} the tenant pays the deposit early ${'and more text '.repeat(60)}`
  const shown = highlight(text, 'tenant deposit')
  const joined = shown.map((part) => part.text).join('')
  assert.match(joined, /^… .*tenant pays the deposit.* …$/)
  assert.ok(joined.length < 260, `${joined.length}`)
})
it('shows the beginning when nothing matches', () => {
  assert.deepEqual(highlight('short text', 'absent'), [{ text: 'short text', match: false }])
  assert.deepEqual(highlight('', 'absent'), [])
})
it('gives back a piece of any text, whole characters only, never longer than a window and a match', () => {
  const text = fc
    .array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('tenant', '契約', ' ', '👩‍👩‍👧', 'é')))
    .map((all) => all.join(''))
  fc.assert(
    fc.property(text, fc.constantFrom('tenant', '契約', 'x', '"'), (body, question) => {
      const joined = highlight(body, question)
        .map((part) => part.text)
        .join('')
      const flat = body.replace(/\s+/g, ' ')
      const piece = joined.replace(/^… /, '').replace(/ …$/, '')
      assert.ok(flat.includes(piece.trim()))
      assert.ok(joined.isWellFormed() || !body.isWellFormed())
      assert.ok(joined.length <= 300)
    }),
    { numRuns: 300 },
  )
})
