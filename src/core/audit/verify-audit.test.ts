import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { writeLongExport } from '#test/long-export.ts'
import { leafHash } from './merkle.ts'
import { type AuditVerdict, verifyAudit } from './verify-audit.ts'

const EVENTS = 8_000
const PIECE = 256 * 1024

let key: string
let lines: string[]

before(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'panoply-verify-'))
  const file = join(folder, 'export')
  key = await writeLongExport(file, EVENTS)
  lines = readFileSync(file, 'utf8').split('\n')
  rmSync(folder, { recursive: true })
})

let threads = 0
const count = () => threads++
before(() => process.on('worker', count))
after(() => process.off('worker', count))

/** Judged in threads, and in this one: events are handed out by this one alone. */
async function bothWays(bytes: Buffer): Promise<AuditVerdict> {
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE)
  }
  threads = 0
  const inThreads = await verifyAudit(pieces(), { key })
  assert.ok(threads > 0, 'no thread was started')
  threads = 0
  const here = await verifyAudit(pieces(), { key, onEvent: () => undefined })
  assert.equal(threads, 0)
  assert.deepEqual(inThreads, here)
  return inThreads
}

test('a long export is judged in threads as it is line by line', async () => {
  const { verdict, events, size, complete, personal } = await bothWays(Buffer.from(lines.join('\n')))
  assert.deepEqual([verdict, events, size, complete], ['valid', EVENTS, EVENTS, true])
  assert.deepEqual(personal, { matches: EVENTS, absent: 0, none: 0 })
})

test('whatever is wrong in a long export is found in its line, in whichever thread', async () => {
  const change = (line: number, from: string | RegExp, to: string) =>
    lines.map((text, at) => (at === line ? text.replace(from, to) : text))
  const swapped = [...lines]
  ;[swapped[6_001], swapped[6_002]] = [lines[6_002] ?? '', lines[6_001] ?? '']
  const other = lines[7_000] ?? ''
  const [hash] = /"hash":"[0-9a-f]{64}"/.exec(other) ?? ['']
  // It parses, and would exhaust the stack of whoever writes it again.
  const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
  const wrong: [string, string[], string, number][] = [
    [
      'an abyss in an event',
      change(7_000, /"personal":".*(?=,"salt")/, `"personal":${deep}`),
      'bad_line',
      7_001,
    ],
    [
      'an abyss in the footer',
      change(EVENTS + 1, /"events":\d+/, `"events":${deep}`),
      'bad_line',
      EVENTS + 2,
    ],
    ['an event altered', change(7_000, 'done', 'fail'), 'altered_event', 7_001],
    ['a personal part altered', change(7_000, /salt":"./, 'salt":"-'), 'altered_personal_part', 7_001],
    ['no JSON', change(7_499, '{', ''), 'bad_line', 7_500],
    ['an event left out', lines.filter((_, at) => at !== 6_000), 'missing_events', 6_001],
    ['two events changed about', swapped, 'missing_events', 6_002],
    [
      'an event twice',
      lines.flatMap((text, at) => (at === 6_000 ? [text, text] : [text])),
      'out_of_order',
      6_002,
    ],
    ['its end left out', lines.slice(0, 7_200), 'truncated', 7_200],
    ['text behind it', [...lines.slice(0, -1), '{}', ''], 'trailing_text', EVENTS + 3],
    ['another count', change(EVENTS + 1, /"events":\d+/, '"events":7'), 'missing_events', EVENTS + 2],
    [
      'a second fault after the first',
      change(7_000, hash, hash.replace(/[0-9a-f]"$/, 'x"')),
      'altered_event',
      7_001,
    ],
  ]
  for (const [what, changed, code, line] of wrong) {
    const { ok, fault } = await bothWays(Buffer.from(changed.join('\n')))
    assert.deepEqual([ok, fault?.code, fault?.line], [false, code, line], what)
  }
  const whole = Buffer.from(lines.join('\n'))
  whole[whole.lastIndexOf('done')] = 0xff
  const { fault } = await bothWays(whole)
  assert.equal(fault?.code, 'bad_line')
})

test('an event replaced together with its hash is found in a long export', async () => {
  const [one, two] = [lines[6_001] ?? '', lines[6_002] ?? '']
  const replaced = lines.with(6_001, two.replace('"position":6001', '"position":6000'))
  assert.notEqual(replaced[6_001], one)
  const { ok, fault } = await bothWays(Buffer.from(replaced.join('\n')))
  assert.deepEqual([ok, fault?.code], [false, 'altered_log'])
})

test('an event that is no event is a fault, though its hash is right, where somebody looks into it', async () => {
  for (const leaf of ['{', '[]', `{"detail":${'['.repeat(50_000)}${']'.repeat(50_000)}}`]) {
    const hash = leafHash(leaf).toString('hex')
    const fields = { position: 10, hash, leaf, personal: null, salt: null }
    async function* file() {
      yield Buffer.from(lines.with(11, JSON.stringify(fields)).join('\n'))
    }
    const shown: number[] = []
    const { fault } = await verifyAudit(file(), { key, onEvent: ({ position }) => shown.push(position) })
    assert.deepEqual([fault?.code, fault?.line, shown.at(-1)], ['bad_line', 12, 9])
  }
})
