import assert from 'node:assert/strict'
import { once } from 'node:events'
import { PassThrough, Readable } from 'node:stream'
import { test } from 'node:test'
import { PublicError } from '../errors.ts'
import { type BodyParts, bodyParts } from './body-parts.ts'

const WIDE = { bytes: 1000, longest: 60_000, quiet: 60_000 }

async function partOf(body: BodyParts): Promise<string> {
  return Buffer.concat(await Array.fromAsync(body.part())).toString()
}

test('a body is cut by bytes, wherever its pieces end', async () => {
  const body = bodyParts(Readable.from([Buffer.from('abcd'), Buffer.from('efghij')]), 100, {
    ...WIDE,
    bytes: 3,
  })
  const parts: string[] = []
  while ((await body.wait()) === 'more') parts.push(await partOf(body))
  assert.deepEqual(parts, ['abc', 'def', 'ghi', 'j'])
  assert.deepEqual([await body.wait(), body.isOver, body.broken], ['over', true, undefined])
})

test('what came is a part when nothing more comes, and the rest is another', async () => {
  const source = new PassThrough()
  const body = bodyParts(source, 100, { ...WIDE, quiet: 20 })
  source.write('first')
  assert.equal(await body.wait(), 'more')
  assert.equal(await partOf(body), 'first')
  assert.equal(await body.wait(), 'idle')
  source.end('second')
  assert.equal(await body.wait(), 'more')
  assert.equal(await partOf(body), 'second')
  assert.equal(await body.wait(), 'over')
})

test('what came before a body broke off is given, and why it did', async () => {
  const source = new PassThrough()
  const body = bodyParts(source, 100, WIDE)
  source.write('half')
  assert.equal(await body.wait(), 'more')
  source.destroy(new Error('reset'))
  assert.equal(await partOf(body), 'half')
  assert.equal(await body.wait(), 'over')
  assert.ok(body.broken instanceof Error)
})

test('a body whose sender has gone already is over', async () => {
  const source = new PassThrough()
  source.destroy()
  const body = bodyParts(source, 100, WIDE)
  assert.equal(await body.wait(), 'over')
  assert.ok(body.broken instanceof Error)
})

test('a body that is longer than it may be is refused, and let go', async () => {
  const source = Readable.from([Buffer.from('abcd'), Buffer.from('e'), Buffer.from('f')])
  const ended = once(source, 'end')
  const body = bodyParts(source, 4, WIDE)
  assert.equal(await body.wait(), 'more')
  await assert.rejects(
    partOf(body),
    (error) => error instanceof PublicError && error.code === 'body_too_large',
  )
  body.end()
  await ended
})
