import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type OwnAudit, type OwnConnection, openLog, startAudit } from '#test/own-audit.ts'
import { runVerifyAudit } from './verify-audit.ts'

let audit: OwnAudit
let sealer: OwnConnection
let folder = ''

before(async () => {
  audit = await startAudit()
  sealer = await audit.connect('sealer')
  folder = mkdtempSync(join(tmpdir(), 'panoply-audit-'))
})
after(async () => {
  await sealer.close()
  await audit.stop()
  rmSync(folder, { recursive: true })
})

test('the command says what it found and answers by exit code', async () => {
  const log = await openLog(audit, sealer, 4)
  await log.seal()
  log.keys.erase(log.person)
  const file = join(folder, 'log.ndjson')
  const text = await log.export()
  writeFileSync(file, text)
  const run = async (...argv: string[]) => {
    let out = ''
    const code = await runVerifyAudit(argv, (part) => {
      out += part
    })
    return { code, out }
  }
  const good = await run(file, '--key', log.logKeys[0] ?? '')
  assert.equal(good.code, 0)
  assert.match(
    good.out,
    /^Valid: all 4 events[\s\S]*2 match, 2 are absent \(erased, or cut out[\s\S]*, 0 events have none[\s\S]*key you gave/,
  )
  const alone = await run(file)
  assert.equal(alone.code, 3)
  assert.match(
    alone.out,
    /^Consistent in itself, but not shown to be from panoply\/eu[\s\S]*GET \/v1\/audit\/checkpoint/,
  )
  assert.doesNotMatch(alone.out, /valid/i)
  const json = JSON.parse((await run(file, '--json')).out)
  assert.deepEqual([json.ok, json.verdict], [false, 'consistent'])
  assert.equal(JSON.parse((await run(file, '--json', '--key', log.logKeys[0] ?? '')).out).ok, true)
  const listed = await run(file, '--events', '--json')
  const lines = listed.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.deepEqual(
    lines.map((line) => line.personal),
    ['absent', 'matches', 'absent', 'matches', { matches: 2, absent: 2, none: 0 }],
  )
  writeFileSync(file, text.replace('session.opened', 'session.closed'))
  const bad = await run(file)
  assert.deepEqual(
    [bad.code, bad.out],
    [
      1,
      'NOT VALID: line 2: the event at position 0 does not have the hash that stands beside it (altered_event)\n',
    ],
  )
  assert.equal((await run(join(folder, 'nothing'))).code, 2)
  assert.equal((await run()).code, 2)
  assert.equal((await run(file, '--what')).code, 2)
  await log.close()
})
