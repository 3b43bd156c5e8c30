import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readableText } from './fold-text.ts'
import { locateQuote } from './locate-quote.ts'

const PAGE =
  'The ﬁrst oﬃce was opened in Malmö.\nIts staﬀ exam\u00adined every invoice “twice”, and the records were kept for ten\nyears. The second ofﬁce never opened.'

function found(exact: string, more: { prefix?: string; suffix?: string } = {}): string | undefined {
  const place = locateQuote({ text: PAGE, runs: [] }, { exact, ...more })
  return place && PAGE.slice(place.start, place.end)
}

test('a passage is found however it was copied', () => {
  assert.equal(found('first office'), 'ﬁrst oﬃce')
  assert.equal(found('examined  every\n invoice'), 'exam\u00adined every invoice')
  assert.equal(found('exam-\nined every'), 'exam\u00adined every')
  assert.equal(found('invoice "twice"'), 'invoice “twice”')
  assert.equal(found('kept for ten years'), 'kept for ten\nyears')
  assert.equal(found('Malmo\u0308.'), 'Malmö.')
  assert.equal(found('staff examined'), 'staﬀ exam\u00adined')
})

test('a letter is not found in another that only looks alike', () => {
  const page = { text: 'å ö a å a', runs: [] }
  assert.deepEqual(locateQuote(page, { exact: 'a' }), { start: 4, end: 5, errors: 0 })
  assert.deepEqual(locateQuote(page, { exact: 'å' }), { start: 0, end: 1, errors: 0 })
  assert.equal(locateQuote({ text: 'på', runs: [] }, { exact: 'pa' }), undefined)
})

test('a letter that two readers see differently is forgiven, another sentence is not', () => {
  assert.equal(found('the rec0rds were kept for ten years'), 'the records were kept for ten\nyears')
  assert.equal(found('the books were burnt after ten days'), undefined)
  assert.equal(found('The third office never opened.'), undefined)
  assert.equal(found('tvice'), undefined)
  assert.equal(found('  \n'), undefined)
})

test('context decides between equal passages', () => {
  const page = 'one two three. one two four. one two five.'
  const start = (prefix: string, suffix: string) =>
    locateQuote({ text: page, runs: [] }, { exact: 'one two', prefix, suffix })?.start
  assert.equal(start('', ''), 0)
  assert.equal(start('three. ', ''), 15)
  assert.equal(start('', ' five.'), 29)
})

test('what is shown of a passage reads like a passage', () => {
  assert.equal(readableText('exam\u00adined every\n invoice'), 'examined every invoice')
})

test('every stretch of a page is found in it, with its white space changed', () => {
  const words = fc.array(fc.stringMatching(/^[a-zåäöß]{1,8}$/), { minLength: 5, maxLength: 40 })
  fc.assert(
    fc.property(words, fc.nat(), fc.nat(), (all, a, b) => {
      const [from, to] = [a % all.length, b % all.length].sort((x, y) => x - y)
      const text = all.join(' ')
      const quote = all.slice(from, (to ?? 0) + 1)
      const place = locateQuote({ text, runs: [] }, { exact: quote.join('\n  ') })
      assert.ok(place)
      assert.equal(text.slice(place.start, place.end).replace(/\s/g, ''), quote.join(''))
    }),
    { numRuns: 200 },
  )
})
