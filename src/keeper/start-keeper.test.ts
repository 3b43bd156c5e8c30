import assert from 'node:assert/strict'
import { createHmac, createPublicKey, pbkdf2Sync, verify } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { newRoutingId } from '#core/ids.ts'
import { verifyChainedLog } from '#core/keys/chained-log.ts'
import type { KeeperCaller, KeeperOp } from '#protocol/keeper/keeper.schema.ts'
import { logOrigin } from '#protocol/keeper/log-origin.ts'
import { ownKeeper } from '#test/own-keeper.ts'

const region = 'eu'
const refused = { name: 'KeeperRefusal', code: 'refused' }
const root = Buffer.alloc(32, 7).toString('base64')

test('a login password is the same every time, and different per region, role and version', async () => {
  await using own = await ownKeeper()
  const cell = own.as('cell')
  const first = await cell.ask('login', { region, role: 'migrator' })
  assert.match(first.password, /^[A-Za-z0-9_-]{43}$/)
  assert.deepEqual(await cell.ask('login', { region, role: 'migrator' }), first)
  const passwords = new Set([first.password])
  for (const question of [
    { region: 'us', role: 'migrator' },
    { region, role: 'sealer' },
  ])
    passwords.add((await cell.ask('login', question)).password)
  await cell.ask('rotate', { region, purpose: 'login' })
  const second = await cell.ask('login', { region, role: 'migrator' })
  assert.equal(second.version, 2)
  passwords.add(second.password)
  assert.equal(passwords.size, 4)
  await own.restart()
  assert.deepEqual(await cell.ask('login', { region, role: 'migrator', version: 1 }), first)
})

test('the verifier fits the password of the login', async () => {
  await using own = await ownKeeper()
  const role = `t_${newRoutingId()}`
  const { verifier } = await own.as('cell').ask('verifier', { region, role })
  const { password } = await own.as('web').ask('login', { region, role })
  const [, salt = '', storedKey, serverKey] = /^SCRAM-SHA-256\$1:(.+)\$(.+):(.+)$/.exec(verifier) ?? []
  assert.ok(storedKey)
  const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), 1, 32, 'sha256')
  assert.equal(createHmac('sha256', salted).update('Server Key').digest('base64'), serverKey)
})

/** Files below a folder that this process has open. */
function openBelow(folder: string): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    const link = `/proc/self/fd/${fd}`
    // The list itself was open while it was read.
    const path = existsSync(link) ? readlinkSync(link) : ''
    return path.startsWith(folder) ? [path] : []
  })
}

test('each socket gets only what is its own', async () => {
  await using own = await ownKeeper()
  const tenant = newRoutingId()
  const logins: [KeeperCaller, string, boolean][] = [
    ['web', `t_${tenant}`, true],
    ['worker', `t_${tenant}_people`, true],
    ['web', 'router', true],
    ['web', 'migrator', false],
    ['web', 'postgres', false],
    ['worker', 'sealer', false],
    ['cell', 'dispatcher', true],
    ['cell', 'registrar', true],
    ['cell', `t_${tenant}`, false],
    ['cell', 'router', false],
    ['backup', 'replicator', true],
    ['backup', 'migrator', false],
    ['backup', `t_${tenant}`, false],
    ['up', 'migrator', false],
  ]
  for (const [caller, role, isAllowed] of logins) {
    const asked = own.as(caller).ask('login', { region, role })
    if (isAllowed) await asked
    else await assert.rejects(asked, refused, `${caller} ${role}`)
  }
  await own.as('up').ask('verifier', { region, role: 'migrator' })
  for (const [caller, role] of [
    ['up', `t_${tenant}`],
    ['up', 'postgres'],
    ['cell', 'postgres'],
    ['web', 'router'],
  ] as const)
    await assert.rejects(own.as(caller).ask('verifier', { region, role }), refused, `${caller} ${role}`)

  const { epoch, keys } = await own.as('cell').ask('newTenant', { region, tenant })
  const place = { region, tenant }
  const note = `${logOrigin(region, tenant)}\n1\n${root}\n`
  const questions: { [O in KeeperOp]?: unknown } = {
    newTenant: place,
    newKey: { ...place, epoch, purpose: 'document', subject: 'd', version: 1 },
    lend: { ...place, epochs: [epoch], keys },
    sign: { ...place, note },
    newEpoch: { ...place, after: 1 },
    rewrap: { ...place, epochs: [epoch], to: 1, keys },
    rewrapEpochs: { ...place, epochs: [epoch] },
    rollRegion: { region },
    forgetEpochs: { region, before: 1 },
    rotate: { region, purpose: 'mail' },
    regionKey: { region, purpose: 'refusal' },
  }
  const allowed: Record<string, string[]> = {
    web: ['newKey', 'lend', 'regionKey'],
    worker: ['newKey', 'lend'],
    cell: [
      ...['newTenant', 'sign', 'newEpoch', 'rewrap', 'rewrapEpochs'],
      ...['rollRegion', 'forgetEpochs', 'rotate', 'regionKey'],
    ],
    backup: [],
    up: [],
  }
  for (const caller of ['web', 'worker', 'cell', 'backup', 'up'] as const)
    for (const [op, question] of Object.entries(questions)) {
      const asked = own.as(caller).ask(op as KeeperOp, question as never)
      if (allowed[caller]?.includes(op)) await asked
      else await assert.rejects(asked, refused, `${caller} ${op}`)
    }
})

test('only a checkpoint of exactly this log is signed, and the signature verifies', async () => {
  await using own = await ownKeeper()
  const cell = own.as('cell')
  const tenant = newRoutingId()
  const note = `${logOrigin(region, tenant)}\n42\n${root}\n`
  const { signature } = await cell.ask('sign', { region, tenant, note })
  const { keys } = await own.as('web').ask('logKey', { region, tenant })
  const x = Buffer.from(keys[0]?.publicKey ?? '', 'base64').toString('base64url')
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
  assert.ok(verify(null, Buffer.from(note), key, Buffer.from(signature, 'base64')))
  for (const other of [
    `${logOrigin(region, newRoutingId())}\n42\n${root}\n`,
    `${logOrigin('us', tenant)}\n42\n${root}\n`,
    `${logOrigin(region, tenant)}\n042\n${root}\n`,
    `${logOrigin(region, tenant)}\n-1\n${root}\n`,
    `${logOrigin(region, tenant)}\n42\n${root}`,
    `${logOrigin(region, tenant)}\n42\n${root}\nmore\n`,
    `${logOrigin(region, tenant)}\n42\n${root}\n\n`,
    `${logOrigin(region, tenant)}\n42\n${Buffer.alloc(31).toString('base64')}\n`,
    `x\n${note}`,
    '',
  ])
    await assert.rejects(cell.ask('sign', { region, tenant, note: other }), refused)
})

test('a wrapped key opens only as the key, for the tenant and in the region it was made', async () => {
  await using own = await ownKeeper()
  const [cell, web] = [own.as('cell'), own.as('web')]
  const tenant = newRoutingId()
  const other = newRoutingId()
  const mine = await cell.ask('newTenant', { region, tenant })
  const theirs = await cell.ask('newTenant', { region, tenant: other })
  const [field, people] = mine.keys
  assert.ok(field && people)
  const { keys } = await web.ask('lend', { region, tenant, epochs: [mine.epoch], keys: mine.keys })
  assert.equal(new Set(keys.map(({ key }) => key)).size, 4)
  const broken = { name: 'KeeperRefusal', code: 'broken' }
  for (const question of [
    { region, tenant: other, epochs: [mine.epoch], keys: mine.keys },
    { region: 'us', tenant, epochs: [mine.epoch], keys: mine.keys },
    { region, tenant, epochs: [theirs.epoch], keys: mine.keys },
    { region, tenant, epochs: [mine.epoch], keys: theirs.keys },
    { region, tenant, epochs: [{ ...mine.epoch, epoch: 2 }], keys: [{ ...field, epoch: 2 }] },
    { region, tenant, epochs: [mine.epoch], keys: [{ ...field, id: people.id }] },
    { region, tenant, epochs: [mine.epoch], keys: [{ ...field, purpose: 'people' as const }] },
    { region, tenant, epochs: [mine.epoch], keys: [{ ...field, subject: 'x' }] },
    { region, tenant, epochs: [mine.epoch], keys: [{ ...field, version: 2 }] },
    { region, tenant, epochs: [mine.epoch], keys: [{ ...field, wrapped: people.wrapped }] },
    { region, tenant, epochs: [mine.epoch], keys: [{ ...field, wrapped: field.wrapped.slice(4) }] },
  ])
    await assert.rejects(web.ask('lend', question), broken, JSON.stringify(question))
})

test('once a key was left out of a new epoch and the old region epoch is forgotten, no old copy of it opens', async () => {
  await using own = await ownKeeper()
  const [cell, web] = [own.as('cell'), own.as('web')]
  const tenant = newRoutingId()
  const place = { region, tenant }
  const { epoch, keys } = await cell.ask('newTenant', place)
  const { row: doomed } = await web.ask('newKey', {
    ...place,
    epoch,
    purpose: 'document',
    subject: 'd',
    version: 1,
  })
  const before = await web.ask('lend', { ...place, epochs: [epoch], keys })

  const { epoch: next, sealedUntil } = await cell.ask('newEpoch', { ...place, after: epoch.epoch })
  const { keys: kept } = await cell.ask('rewrap', { ...place, epochs: [epoch, next], to: next.epoch, keys })
  const { epoch: regionEpoch } = await cell.ask('rollRegion', { region })
  const { epochs: moved } = await cell.ask('rewrapEpochs', { ...place, epochs: [next] })
  await web.ask('lend', { ...place, epochs: [epoch], keys: [doomed] })
  await assert.rejects(cell.ask('forgetEpochs', { region, before: regionEpoch + 1 }), { code: 'invalid' })
  const { forgotten, live } = await cell.ask('forgetEpochs', { region, before: regionEpoch })
  assert.deepEqual([forgotten, live, sealedUntil], [[1], [2], 1])

  assert.deepEqual((await web.ask('lend', { ...place, epochs: moved, keys: kept })).keys, before.keys)
  const broken = { code: 'broken' }
  await assert.rejects(web.ask('lend', { ...place, epochs: [epoch], keys: [doomed] }), broken)
  await assert.rejects(web.ask('lend', { ...place, epochs: moved, keys: [doomed] }), broken)
  await own.restart()
  await assert.rejects(web.ask('lend', { ...place, epochs: [epoch], keys: [doomed] }), broken)
  await assert.rejects(web.ask('lend', { ...place, epochs: [next], keys: kept }), broken)
  assert.deepEqual((await web.ask('lend', { ...place, epochs: moved, keys: kept })).keys, before.keys)
})

test('a crash between the writes of two replicas loses nothing, and the older one is mended', async () => {
  await using own = await ownKeeper()
  const cell = own.as('cell')
  const replica = join(own.folder, 'replica', 'state.sealed')
  copyFileSync(replica, join(own.folder, 'kept'))
  await cell.ask('rotate', { region, purpose: 'mail' })
  copyFileSync(join(own.folder, 'kept'), replica)
  writeFileSync(join(own.folder, 'state.sealed.new'), 'torn')
  await own.restart()
  assert.deepEqual(own.keeper.findings, [`mended ${join(own.folder, 'replica')}`])
  const { regions } = await cell.ask('status', {})
  assert.equal(regions.find(({ name }) => name === region)?.versions.mail, 2)
  await own.restart()
  assert.deepEqual(own.keeper.findings, [])
  assert.deepEqual(readdirSync(own.folder).sort(), ['kept', 'log', 'replica', 'state.sealed'])
})

test('a tampered replica is passed over; when all are, when all are older, or when they are gone, the keeper refuses to start', async () => {
  await using own = await ownKeeper()
  const files = [join(own.folder, 'state.sealed'), join(own.folder, 'replica', 'state.sealed')]
  const [first = '', second = ''] = files
  const old = readFileSync(first)
  const password = (await own.as('cell').ask('login', { region, role: 'sealer' })).password
  await own.as('cell').ask('rotate', { region, purpose: 'mail' })
  const good = readFileSync(first)
  const flipped = Buffer.from(good)
  flipped[40] = (flipped[40] ?? 0) ^ 1

  writeFileSync(first, flipped)
  await own.restart()
  assert.equal((await own.as('cell').ask('login', { region, role: 'sealer' })).password, password)

  const refusesWith = async (message: RegExp) => {
    await assert.rejects(own.restart(), { name: 'KeeperFault', message })
    assert.deepEqual(openBelow(own.folder), [], 'a keeper that refuses holds no file')
    for (const file of files) writeFileSync(file, good)
    own.keeper = { findings: [], stop: async () => undefined }
    await own.restart()
  }
  for (const file of files) writeFileSync(file, flipped)
  await refusesWith(/No replica .* opens/)
  for (const file of files) writeFileSync(file, old)
  await refusesWith(/older than its log/)
  for (const file of files) rmSync(file)
  await refusesWith(/state is missing/)
  const key = readFileSync(own.rootKeyFile)
  rmSync(own.rootKeyFile)
  await assert.rejects(own.restart(), { name: 'KeeperFault', message: /root key .* is missing/ })
  writeFileSync(own.rootKeyFile, key, { mode: 0o644 })
  chmodSync(own.rootKeyFile, 0o644)
  own.keeper = { findings: [], stop: async () => undefined }
  await assert.rejects(own.restart(), { name: 'KeeperFault', message: /open to other users/ })
  chmodSync(own.rootKeyFile, 0o600)
  await own.restart()
  assert.equal((await own.as('cell').ask('login', { region, role: 'sealer' })).password, password)
  assert.ok(second)
})

test('a root key under a passphrase is needed at every start and is not in the file in clear', async () => {
  await using own = await ownKeeper({ passphrase: 'correct horse' })
  assert.equal((await own.as('up').ask('status', {})).rootKey, 'passphrase')
  assert.deepEqual(Object.keys(JSON.parse(readFileSync(own.rootKeyFile, 'utf8'))), [
    'format',
    'salt',
    'wrapped',
  ])
  assert.equal(statSync(own.rootKeyFile).mode & 0o777, 0o600)
  await own.restart()
  const { loadRootKey } = await import('#core/keys/root-key.ts')
  assert.throws(() => loadRootKey({ file: own.rootKeyFile, passphrase: 'wrong' }), /does not open/)
  assert.throws(() => loadRootKey({ file: own.rootKeyFile }), /needs its passphrase/)
})

test('the log holds every op, refusals too, no secret, and shows any change', async () => {
  await using own = await ownKeeper()
  const tenant = newRoutingId()
  const { password } = await own.as('web').ask('login', { region, role: `t_${tenant}` })
  await assert.rejects(own.as('web').ask('login', { region, role: 'migrator' }))
  await assert.rejects(own.as('up').ask('newTenant', { region, tenant }))
  await own.restart()
  const folder = join(own.folder, 'log')
  const file = join(folder, '000001.jsonl')
  const text = readFileSync(file, 'utf8')
  const ops = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.deepEqual(
    ops.map(({ caller, op, outcome }) => [caller, op, outcome].join(' ')),
    [
      ...['keeper start done', 'web login done', 'web login refused', 'up newTenant refused'],
      ...['keeper stop done', 'keeper start done'],
    ],
  )
  assert.ok(!text.includes(password))
  assert.equal(verifyChainedLog(folder).broken, null)
  writeFileSync(
    file,
    text.replace('"web","op":"login","outcome":"refused"', '"web","op":"login","outcome":"done"'),
  )
  assert.match(verifyChainedLog(folder).broken ?? '', /000001/)
  writeFileSync(file, text.split('\n').toSpliced(2, 1).join('\n'))
  assert.match(verifyChainedLog(folder).broken ?? '', /after 2 does not verify/)
  writeFileSync(file, text)
  await own.keeper.stop()
  own.keeper = { findings: [], stop: async () => undefined }
  writeFileSync(file, `${readFileSync(file, 'utf8')}{"n":8,"torn`)
  await own.restart()
  assert.deepEqual(own.keeper.findings, [])
  assert.equal(verifyChainedLog(folder).broken, null)
})

test('what is not a question ends the connection or is refused, and the keeper goes on', async () => {
  await using own = await ownKeeper()
  const talk = (line: string) =>
    new Promise<string>((resolve) => {
      let text = ''
      const socket = connect(own.socket('web'), () => socket.write(`${line}\n`))
      socket.on('data', (chunk) => {
        text += chunk
        socket.end()
      })
      socket.on('close', () => resolve(text))
    })
  assert.equal(await talk('not json'), '')
  for (const line of [
    '{}',
    '[]',
    '7',
    '{"id":1,"op":"toString"}',
    '{"id":1,"op":"__proto__"}',
    '{"id":1,"op":"lend"}',
    '{"id":1,"op":"login","region":"eu","role":"x\\"; drop"}',
    '{"id":1,"op":"login","region":"eu","role":"router","more":1}',
  ])
    assert.match(await talk(line), /"error":\{"code":"invalid"/, line)
  await assert.rejects(own.as('web').ask('login', { region: 'mars', role: 'router' }), { code: 'unknown' })
  await assert.rejects(own.as('web').ask('login', { region, role: 'router', version: 9 }), {
    code: 'unknown',
  })
  assert.ok(await own.as('web').ask('login', { region, role: 'router' }))
})

test('a second keeper on the same sockets is refused before it touches a file', async () => {
  await using own = await ownKeeper()
  const { startKeeper } = await import('./start-keeper.ts')
  const { folder, rootKeyFile, socket } = own
  await assert.rejects(
    startKeeper({ folder, rootKeyFile, regions: ['eu', 'mars'], socket }),
    /another process/,
  )
  assert.equal((await own.as('up').ask('status', {})).regions.length, 2)
})
