import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readPlainLine } from './event-line.ts'

const hex = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 })
const salt = fc.string({ unit: fc.constantFrom(...'abcXYZ019_-'), minLength: 43, maxLength: 43 })
const inside = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('"', '\\', 'a', '","personal":"', '","salt":"', 'å', '\n', '\u2028') }),
)
const line = fc.record({ position: fc.nat(), hash: hex, leaf: inside, personal: inside, salt })

test('what is read of a line is written as exactly that line', () => {
  let read = 0
  fc.assert(
    fc.property(line, (event) => {
      const text = JSON.stringify(event)
      const plain = readPlainLine(text)
      if (plain) read++
      if (plain) assert.deepEqual(plain, { ...event })
    }),
    { numRuns: 2_000 },
  )
  assert.ok(read > 200, `${read} lines were read`)
})

test('a line that is spelled in another way, or is another line, is not read', () => {
  fc.assert(
    fc.property(
      line,
      fc.nat(),
      fc.constantFrom('"', '\\', ' ', '0', ',', '\\u0061', '\u0000', '}', ''),
      (event, at, more) => {
        const text = JSON.stringify(event)
        const place = at % (text.length + 1)
        for (const changed of [
          text.slice(0, place) + more + text.slice(place),
          text.slice(0, place) + more + text.slice(place + 1),
        ]) {
          // What was decoded from UTF-8 has no half of a pair.
          const given = changed.toWellFormed()
          const plain = readPlainLine(given)
          if (plain) assert.equal(JSON.stringify(plain), given)
        }
      },
    ),
    { numRuns: 5_000 },
  )
})

test('most lines are read: a leaf is JSON, whose quotation marks are all that is escaped in it', () => {
  const event = {
    position: 17,
    hash: 'ab'.repeat(32),
    leaf: '{"action":"knowledge.snip.created","detail":{"name":"Ärende 7"}}',
    personal: '{"ip":"192.0.2.1"}',
    salt: 'a'.repeat(43),
  }
  assert.deepEqual(readPlainLine(JSON.stringify(event)), event)
  assert.equal(readPlainLine(JSON.stringify({ ...event, position: 2 ** 53 })), null)
  assert.equal(readPlainLine(JSON.stringify({ ...event, leaf: 'a\\b' })), null)
})
