import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { after, before, test } from 'node:test'
import { logOrigin } from '#protocol/keeper/log-origin.ts'
import { type OwnAudit, type OwnConnection, openLog, startAudit } from '#test/own-audit.ts'
import { newId } from '../ids.ts'
import { createCheckpoint, encodeVerifierKey, parseVerifierKey, verifyCheckpoint } from './checkpoint.ts'
import { createRootBuilder, leafHash, verifyConsistency, verifyInclusion } from './merkle.ts'
import { latestCheckpoint, proveAudit, proveConsistency } from './prove-audit.ts'
import { LogBroken } from './seal-audit.ts'
import { type AuditVerdict, verifyAudit } from './verify-audit.ts'

let audit: OwnAudit
let sealer: OwnConnection

before(async () => {
  audit = await startAudit()
  sealer = await audit.connect('sealer')
})
after(async () => {
  await sealer.close()
  await audit.stop()
})

const aLog = (count: number) => openLog(audit, sealer, count)

async function verify(text: string, key?: string): Promise<AuditVerdict> {
  async function* chunks() {
    for (let at = 0; at < text.length; at += 1000) yield Buffer.from(text.slice(at, at + 1000))
  }
  return verifyAudit(chunks(), { key })
}

const edit = (text: string, line: number, change: (value: Record<string, unknown>) => unknown) =>
  text
    .split('\n')
    .map((each, at) => (at === line ? JSON.stringify(change(JSON.parse(each))) : each))
    .join('\n')

test('an export proves itself by the public key alone', async () => {
  const log = await aLog(20)
  await assert.rejects(log.export(), { code: 'not_sealed_yet' })
  await assert.rejects(proveAudit(log.db, log.logKeys, log.ids[0] ?? ''), { code: 'not_sealed_yet' })
  await log.seal()
  const verdict = await verify(await log.export(), log.logKeys[0])
  assert.deepEqual(
    [verdict.ok, verdict.fault, verdict.complete, verdict.events, verdict.size],
    [true, null, true, 20, 20],
  )
  assert.deepEqual(verdict.personal, { matches: 20, absent: 0, none: 0 })
  assert.equal(verdict.origin, `panoply/eu/${log.tenant}`)
  await log.close()
})

test('an event is proven from its leaf text, and only that text', async () => {
  const log = await aLog(300)
  await log.seal()
  for (const at of [0, 1, 255, 256, 299]) {
    const proof = await proveAudit(log.db, log.logKeys, log.ids[at] ?? '')
    assert.equal(JSON.parse(proof.event).id, log.ids[at])
    assert.equal(proof.position, at)
    const head = verifyCheckpoint(proof.checkpoint, parseVerifierKey(proof.key))
    assert.equal(head.root.toString('hex'), proof.root)
    const hashes = proof.hashes.map((hex) => Buffer.from(hex, 'hex'))
    assert.ok(verifyInclusion(leafHash(proof.event), proof.position, proof.size, hashes, head.root))
    const other = proof.event.replace('"outcome":"done"', '"outcome":"refused"')
    assert.equal(verifyInclusion(leafHash(other), proof.position, proof.size, hashes, head.root), false)
  }
  await assert.rejects(proveAudit(log.db, log.logKeys, newId()), { code: 'not_found' })
  await log.close()
})

test('any two checkpoints are consistent', async () => {
  const log = await aLog(0)
  const heads = []
  for (const step of [1, 2, 5, 120, 128, 1, 7]) {
    await log.append(step)
    await log.seal()
    heads.push(await latestCheckpoint(log.db, log.logKeys))
  }
  assert.deepEqual(
    heads.map((head) => head.size),
    [1, 3, 8, 128, 256, 257, 264],
  )
  for (const from of heads)
    for (const to of heads.filter((head) => head.size >= from.size)) {
      const { hashes } = await proveConsistency(log.db, from.size, to.size)
      const proof = hashes.map((hex) => Buffer.from(hex, 'hex'))
      assert.ok(
        verifyConsistency(
          from.size,
          to.size,
          proof,
          Buffer.from(from.root, 'hex'),
          Buffer.from(to.root, 'hex'),
        ),
      )
    }
  await assert.rejects(proveConsistency(log.db, 1, 265), { code: 'invalid_request' })
  await assert.rejects(proveConsistency(log.db, 3, 1), { code: 'invalid_request' })
  await log.close()
})

test('an erased person is absent from the export, and every proof still holds', async () => {
  const log = await aLog(10)
  await log.seal()
  log.keys.erase(log.person)
  const text = await log.export()
  const verdict = await verify(text, log.logKeys[0])
  assert.ok(verdict.ok)
  assert.deepEqual(verdict.personal, { matches: 5, absent: 5, none: 0 })
  const proof = await proveAudit(log.db, log.logKeys, log.ids[0] ?? '')
  assert.ok(
    verifyInclusion(
      leafHash(proof.event),
      0,
      10,
      proof.hashes.map((hex) => Buffer.from(hex, 'hex')),
      Buffer.from(proof.root, 'hex'),
    ),
  )
  await log.close()
})

test('a filtered export carries a proof with each event', async () => {
  const log = await aLog(600)
  await log.seal()
  const text = await log.export({ actor: log.person, action: 'core.session' })
  const verdict = await verify(text, log.logKeys[0])
  assert.deepEqual([verdict.ok, verdict.complete, verdict.events, verdict.size], [true, false, 300, 600])
  const asked = edit(text, 0, (head) => ({ ...head, filter: { actor: newId() } }))
  assert.equal((await verify(asked)).fault?.code, 'bad_line', 'the header cannot ask for something else')
  const unknown = edit(text, 0, (head) => ({ ...head, filter: { mood: 'calm' } }))
  assert.equal((await verify(unknown)).fault?.code, 'bad_line')
  const swapped = edit(text, 2, (event) => ({ ...event, proof: JSON.parse(text.split('\n')[3] ?? '').proof }))
  assert.equal((await verify(swapped)).fault?.code, 'bad_proof')
  const bare = edit(text, 2, ({ proof: _, ...event }) => event)
  assert.equal((await verify(bare)).fault?.code, 'bad_proof')
  assert.deepEqual((await verify(await log.export({ actor: newId() }))).events, 0)
  await log.close()
})

test('each way to change an export is found and named', async () => {
  const log = await aLog(12)
  await log.seal()
  const text = await log.export()
  const lines = text.split('\n')
  const join = (all: readonly (string | undefined)[]) => all.join('\n')
  const without = (line: number) => join(lines.filter((_, at) => at !== line))
  const leafEdit = (event: Record<string, unknown>) => ({
    ...event,
    leaf: String(event.leaf).replace('done', 'failed'),
  })
  const rehash = (event: Record<string, unknown>) => {
    const changed = leafEdit(event)
    return { ...changed, hash: leafHash(changed.leaf).toString('hex') }
  }
  const cases: [string, string, number][] = [
    ['not_an_export', '', 0],
    ['not_an_export', 'PK\u0003\u0004\n', 1],
    ['not_an_export', without(0), 1],
    [
      'bad_checkpoint',
      edit(text, 0, (head) => ({ ...head, checkpoint: String(head.checkpoint).replace('\n12\n', '\n11\n') })),
      1,
    ],
    ['bad_checkpoint', edit(text, 0, (head) => ({ ...head, key: 'none' })), 1],
    ['wrong_key', edit(text, 0, (head) => ({ ...head, origin: 'panoply/eu/other' })), 1],
    ['altered_event', edit(text, 4, leafEdit), 5],
    ['altered_log', edit(text, 4, rehash), 14],
    ['missing_events', without(4), 5],
    ['out_of_order', join(lines.map((line, at) => lines[at === 4 ? 3 : at] ?? line)), 5],
    ['missing_events', join(lines.map((line, at) => lines[at === 4 ? 5 : at === 5 ? 4 : at] ?? line)), 5],
    [
      'altered_personal_part',
      edit(text, 6, (event) => ({ ...event, personal: String(event.personal).replace('192.', '193.') })),
      7,
    ],
    ['altered_personal_part', edit(text, 6, (event) => ({ ...event, salt: 'AAAA' })), 7],
    ['bad_line', edit(text, 6, (event) => ({ ...event, leaf: 5 })), 7],
    ['bad_line', edit(text, 6, () => null), 7],
    ['truncated', join(lines.slice(0, 8)), 8],
    ['truncated', `${join(lines.slice(0, 8))}\n`, 8],
    ['truncated', text.slice(0, -30), 14],
    ['truncated', text.slice(0, -1), 14],
    ['missing_events', join([...lines.slice(0, 8), ...lines.slice(13)]), 9],
    [
      'missing_events',
      join([...lines.slice(0, 8), '{"end":true,"events":7,"checkpoint":', '']).replace(
        /checkpoint":\n$/,
        `checkpoint":${JSON.stringify(JSON.parse(lines[0] ?? '').checkpoint)}}\n`,
      ),
      9,
    ],
    ['trailing_text', `${text}{}\n`, 15],
    ['bad_checkpoint', edit(text, 13, (foot) => ({ ...foot, checkpoint: 'x' })), 14],
  ]
  for (const [code, changed, line] of cases) {
    const { ok, fault } = await verify(changed)
    assert.deepEqual([ok, fault?.code, fault?.line], [false, code, line])
  }
  await log.close()
})

test('a line that says two things, or something nobody can check, is refused', async () => {
  const log = await aLog(4)
  await log.seal()
  const text = await log.export()
  const change = (line: number, from: string | RegExp, to: string) => {
    const changed = text
      .split('\n')
      .map((each, at) => (at === line ? each.replace(from, to) : each))
      .join('\n')
    assert.notEqual(changed, text)
    return changed
  }
  const footer = 5
  const lines: [string, string, number][] = [
    ['a leaf of its own before the real one', change(2, '"leaf":', '"leaf":"FAKE","leaf":'), 3],
    ['a position of its own', change(2, '"position":1', '"position":9,"position":1'), 3],
    ['a field more', change(2, /}$/, ',"state":"erased"}'), 3],
    ['a proof that nobody reads', change(2, /}$/, ',"proof":[]}'), 3],
    ['another order', change(2, /^\{"position":1,("hash":"[^"]*"),/, '{$1,"position":1,'), 3],
    ['another spelling', change(2, '"position":1', '"position": 1'), 3],
    ['personal part and salt changed about', change(2, /("personal":.*),("salt":"[^"]*")\}$/, '$2,$1}'), 3],
    ['a number spelt otherwise', change(2, '"position":1', '"position":1.0'), 3],
    ['an escaped letter', change(2, '"leaf"', '"le\\u0061f"'), 3],
    ['a header with a date', change(0, /}$/, ',"exportedAt":"2020-01-01T00:00:00.000Z"}'), 1],
    ['a header with two origins', change(0, '"origin":', '"origin":"panoply/eu/x","origin":'), 1],
    ['a footer with a remark', change(footer, /}$/, ',"note":"complete"}'), 6],
    ['a footer with two counts', change(footer, '"events":', '"events":9,"events":'), 6],
  ]
  for (const [what, changed, line] of lines) {
    const { ok, fault } = await verify(changed, log.logKeys[0])
    assert.deepEqual([ok, fault?.code, fault?.line], [false, 'bad_line', line], what)
  }
  async function* broken() {
    const bytes = Buffer.from(text)
    bytes[bytes.indexOf('session')] = 0xf8
    yield bytes
  }
  assert.equal((await verifyAudit(broken())).fault?.code, 'bad_line')
  const salted = edit(text, 2, (event) => ({ ...event, personal: null }))
  assert.equal((await verify(salted)).fault?.code, 'bad_line', 'half a personal part')
  const cut = edit(text, 2, (event) => ({ ...event, personal: null, salt: null }))
  assert.equal((await verify(cut, log.logKeys[0])).personal.absent, 1, 'one cut out is absent, not erased')
  await log.close()
})

test('a forged log signed with a key of its own is not valid, only consistent', async () => {
  const log = await aLog(5)
  await log.seal()
  const lines = (await log.export()).trimEnd().split('\n')
  const origin = logOrigin('eu', log.tenant)
  const forger = generateKeyPairSync('ed25519')
  const leaves = lines.slice(1, -1).map((text) => {
    const event = JSON.parse(text)
    const leaf = String(event.leaf).replace('"outcome":"done"', '"outcome":"failed"')
    return { ...event, leaf, hash: leafHash(leaf).toString('hex') }
  })
  const tree = createRootBuilder()
  for (const { hash } of leaves) tree.push(hash)
  const publicKey = forger.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
  const { note, key } = await createCheckpoint({ origin, size: 5, root: tree.root() }, async (text) => ({
    signature: sign(null, Buffer.from(text), forger.privateKey),
    publicKey,
  }))
  const header = { ...JSON.parse(lines[0] ?? ''), key, checkpoint: note }
  const footer = { end: true, events: 5, checkpoint: note }
  const forged = [header, ...leaves, footer].map((line) => `${JSON.stringify(line)}\n`).join('')
  const alone = await verify(forged)
  assert.deepEqual([alone.ok, alone.verdict, alone.fault, alone.keyFrom], [false, 'consistent', null, 'file'])
  const against = await verify(forged, log.logKeys[0])
  assert.deepEqual([against.ok, against.verdict, against.fault?.code], [false, 'broken', 'bad_checkpoint'])
  await log.close()
})

test('a file signed by somebody else fails against the key one knows', async () => {
  const log = await aLog(3)
  await log.seal()
  const stranger = generateKeyPairSync('ed25519')
    .publicKey.export({ format: 'der', type: 'spki' })
    .subarray(-32)
  const text = await log.export()
  const fault = async (key: string) => (await verify(text, key)).fault?.code
  assert.equal(await fault(encodeVerifierKey(logOrigin('eu', log.tenant), stranger)), 'bad_checkpoint')
  assert.equal(await fault(encodeVerifierKey(logOrigin('eu', 'someone'), stranger)), 'wrong_key')
  assert.equal(await fault('nonsense'), 'bad_checkpoint')
  await log.close()
})

test('a row, tile or checkpoint changed in the database is found', async () => {
  const log = await aLog(10)
  await log.seal()
  const t = `t_${log.tenant}`
  const good = await log.export()
  await audit.superuser(`update ${t}.audit set action = 'knowledge.document.forged' where id = $1`, [
    log.ids[4],
  ])
  assert.equal((await verify(await log.export())).fault?.code, 'altered_log')
  await audit.superuser(`update ${t}.audit set action = 'core.session.opened' where id = $1`, [log.ids[4]])
  assert.ok((await verify(await log.export(), log.logKeys[0])).ok)
  await audit.superuser(`update ${t}.audit set at = at + interval '1 microsecond' where id = $1`, [
    log.ids[4],
  ])
  assert.equal((await verify(await log.export())).fault?.code, 'altered_log')
  await audit.superuser(`update ${t}.audit set at = at - interval '1 microsecond' where id = $1`, [
    log.ids[4],
  ])
  await audit.superuser(`update ${t}.audit_checkpoint set note = replace(note, E'\\n10\\n', E'\\n9\\n')`)
  assert.equal((await verify(await log.export())).fault?.code, 'bad_checkpoint')
  await audit.superuser(`update ${t}.audit_checkpoint set note = replace(note, E'\\n9\\n', E'\\n10\\n')`)
  await audit.superuser(`update ${t}.audit_tile set hashes = set_byte(hashes, 40, get_byte(hashes, 40) # 1)`)
  const proof = await proveAudit(log.db, log.logKeys, log.ids[0] ?? '')
  const hashes = proof.hashes.map((hex) => Buffer.from(hex, 'hex'))
  assert.equal(verifyInclusion(leafHash(proof.event), 0, 10, hashes, Buffer.from(proof.root, 'hex')), false)
  // Nothing is signed on top of a log that contradicts itself.
  await log.append(1)
  await assert.rejects(log.seal(), LogBroken)
  await audit.superuser(`update ${t}.audit_tile set hashes = set_byte(hashes, 40, get_byte(hashes, 40) # 1)`)
  await audit.superuser(`delete from ${t}.audit where id = $1`, [log.ids[9]])
  await assert.rejects(log.seal(), LogBroken)
  assert.ok((await verify(good, log.logKeys[0])).ok)
  await log.close()
})
