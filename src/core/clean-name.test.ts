import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cleanName } from './clean-name.ts'

test('a name keeps its letters, marks and joiners, and loses what nobody sees', () => {
  const cases: Record<string, string> = {
    '  Åsa   Öberg ': 'Åsa Öberg',
    'A\u030asa': 'Åsa',
    'Eve\u202egnp.exe': 'Evegnp.exe',
    'a\u0000b\u0085c\u2028d': 'abcd',
    'می\u200cخواهم': 'می\u200cخواهم',
    '\u{1f469}\u200d\u{1f680}': '\u{1f469}\u200d\u{1f680}',
    'half \ud800': 'half \ufffd',
    "Robert'); drop table person; --": "Robert'); drop table person; --",
  }
  for (const [given, kept] of Object.entries(cases)) assert.equal(cleanName(given, 'name'), kept)
})

test('a name with nothing to see is refused', () => {
  for (const given of ['', ' ', '\u00a0\u3000', '\u200b\u200d', '\u2800', '\u3164', '\u202e'])
    assert.throws(() => cleanName(given, 'name'), { code: 'invalid_request', details: { field: 'name' } })
})
