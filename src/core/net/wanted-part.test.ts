import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PublicError } from '../errors.ts'
import { wantedPart } from './wanted-part.ts'

const body = { etag: '"abc"', size: 1000 }

function wanted(headers: Record<string, string>, method = 'GET', of = body): string {
  try {
    const part = wantedPart({ method, headers }, of)
    return part.answer === 'part' ? `${part.range.start}-${part.range.end}` : part.answer
  } catch (error) {
    if (error instanceof PublicError) return `${error.status} ${error.details.size ?? ''}`.trim()
    throw error
  }
}

test('one range is answered as RFC 9110 section 14.1.2 reads it', () => {
  const cases: Record<string, string> = {
    'bytes=0-0': '0-0',
    'bytes=0-499': '0-499',
    'bytes=500-': '500-999',
    'bytes=-1': '999-999',
    'bytes=-1000': '0-999',
    'bytes=-5000': '0-999',
    'bytes=999-5000': '999-999',
    'BYTES=1-2': '1-2',
    'bytes= 1-2 ': '1-2',
    'bytes=,1-2,': '1-2',
    [`bytes=5-${'9'.repeat(40)}`]: '5-999',
    [`bytes=-${'9'.repeat(400)}`]: '0-999',
    'bytes=1000-': '416 1000',
    'bytes=1000-1001': '416 1000',
    'bytes=-0': '416 1000',
    [`bytes=${'9'.repeat(400)}-`]: '416 1000',
  }
  for (const [range, answer] of Object.entries(cases)) assert.equal(wanted({ range }), answer, range)
})

test('what is no single range of bytes is ignored', () => {
  const ranges = [
    'bytes=2-1',
    'bytes=a-b',
    'bytes=-',
    'bytes=',
    'bytes',
    '',
    'bytes=1',
    'bytes=+1-2',
    'bytes=1.5-2',
  ]
  const others = ['lines=1-2', 'bytes=0-1,5-6', 'bytes=0-1, 0-2', 'bytes=1 -2', 'bytes=0x1-2', 'bytes=1-2=3']
  for (const range of [...ranges, ...others]) assert.equal(wanted({ range }), 'whole', range)
})

test('a range holds only for the bytes it was asked of, and only for GET', () => {
  const range = 'bytes=1-2'
  assert.equal(wanted({ range, 'if-range': '"abc"' }), '1-2')
  for (const other of ['"abd"', 'W/"abc"', 'Wed, 21 Oct 2026 07:28:00 GMT', 'abc', ''])
    assert.equal(wanted({ range, 'if-range': other }), 'whole', other)
  assert.equal(wanted({ range: 'bytes=5000-', 'if-range': '"abd"' }), 'whole')
  assert.equal(wanted({ range }, 'HEAD'), 'head')
})

test('what the caller has already is not sent again', () => {
  for (const known of ['"abc"', 'W/"abc"', '*', '"x", W/"y", "abc"', '"a,b" , "abc"'])
    assert.equal(wanted({ 'if-none-match': known, range: 'bytes=0-1' }), 'unchanged', known)
  assert.equal(wanted({ 'if-none-match': '"abc"' }, 'HEAD'), 'unchanged')
  for (const other of ['"abd"', 'abc', '', '"ab"', '"x,"abc'])
    assert.equal(wanted({ 'if-none-match': other }), 'whole', other)
})

test('If-Match refuses other bytes, and comes before everything else', () => {
  for (const match of ['"abd"', 'W/"abc"', 'abc', ''])
    assert.equal(wanted({ 'if-match': match, 'if-none-match': '"abc"' }), '412', match)
  for (const match of ['"abc"', '*', '"x", "abc"'])
    assert.equal(wanted({ 'if-match': match }), 'whole', match)
})

test('of an empty body there is no range', () => {
  const empty = { etag: '"0"', size: 0 }
  assert.equal(wanted({ range: 'bytes=-5' }, 'GET', empty), 'whole')
  assert.equal(wanted({ range: 'bytes=0-' }, 'GET', empty), '416 0')
})
