import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { onePagePdf } from '#test/one-page-pdf.ts'
import type { Resident } from '#test/own-house.ts'
import { type OwnLibrary, openLibrary } from '#test/own-library.ts'
import { migrateTenant, readMigrations } from '../db/migrate.ts'
import { connectAs } from '../db/system-login.ts'

const OWNERS = [
  'core.person.joined',
  'core.audit.proven',
  'knowledge.document.added',
  'knowledge.snip.created',
  'knowledge.search.asked',
  'trust.recoveryKit.kept',
]

describe('the first steps', () => {
  let library: OwnLibrary
  let owner: Resident
  let member: Resident
  const domain = `${randomBytes(6).toString('hex')}.example`

  before(async () => {
    library = await openLibrary()
    owner = await library.house.aResident(`owner@${domain}`)
  })
  after(() => library?.stop())

  const guideOf = async (resident: Resident) => {
    const { status, json, bytes } = await library.ask(resident, 'GET', '/v1/guide')
    assert.equal(status, 200, bytes.toString())
    return json as { steps: { name: string; isTaken: boolean }[]; isDismissed: boolean }
  }
  const taken = async (resident: Resident) =>
    (await guideOf(resident)).steps.flatMap(({ name, isTaken }) => (isTaken ? [name] : []))
  const actionsOf = async (name: string) => {
    const { json } = await library.ask(owner, 'GET', `/v1/audit?action=${name}&limit=100`)
    return json.items.length as number
  }

  it('of a founder are all open, and name what only an owner does', async () => {
    const guide = await guideOf(owner)
    assert.deepEqual(
      guide.steps.map(({ name }) => name),
      OWNERS,
    )
    assert.deepEqual(await taken(owner), [])
    assert.equal(guide.isDismissed, false)
  })

  it('are taken by what is there: a document, a snip, a search, a proof, a colleague', async () => {
    const added = await library.add(owner, onePagePdf('The valve closes by itself'), 'valve.pdf')
    assert.equal(added.status, 201)
    assert.deepEqual(await taken(owner), ['knowledge.document.added'])
    await library.work(owner)
    const quote = { documentId: added.json.id, page: 1, kind: 'text', quote: { exact: 'valve closes' } }
    assert.equal((await library.ask(owner, 'POST', '/v1/snips', quote)).status, 201)
    assert.equal((await library.ask(owner, 'GET', '/v1/search?q=valve')).status, 200)
    assert.deepEqual(await taken(owner), [
      'knowledge.document.added',
      'knowledge.snip.created',
      'knowledge.search.asked',
    ])
    await library.house.sealLog(owner)
    const { json: log } = await library.ask(owner, 'GET', '/v1/audit?action=knowledge.document.added')
    assert.equal((await library.ask(owner, 'GET', `/v1/audit/${log.items[0].id}/proof`)).status, 200)
    member = await library.house.aResident(`member@${domain}`)
    assert.deepEqual(
      await taken(owner),
      OWNERS.filter((name) => name !== 'trust.recoveryKit.kept'),
    )
  })

  it('of a member are their own, but for the first document', async () => {
    const { steps } = await guideOf(member)
    assert.deepEqual(steps, [
      { name: 'core.audit.proven', isTaken: false },
      { name: 'knowledge.document.added', isTaken: true },
      { name: 'knowledge.snip.created', isTaken: false },
      { name: 'knowledge.search.asked', isTaken: false },
    ])
  })

  it('of an owner include the recovery kit, taken when the evidence has seen it', async () => {
    const client = await connectAs(library.house.login('migrator'))
    const seen = async (position: number, kits: number) => {
      const at = library.house.ctx.now().toISOString()
      const leaf = {
        evidence: 'recovery-kit',
        kind: 'live',
        claims: [],
        outcome: kits === 0 ? 'absent' : 'unknown',
        at,
        milliseconds: 1,
        looked: { kits },
        faults: [],
        program: 'this',
        signedBy: null,
      }
      await client.query('insert into trust.result values ($1, $2, $3, $4, $5)', [
        position,
        leaf.evidence,
        leaf.outcome,
        at,
        JSON.stringify(leaf),
      ])
    }
    try {
      await seen(0, 0)
      assert.ok(!(await taken(owner)).includes('trust.recoveryKit.kept'))
      await seen(1, 1)
      assert.deepEqual(await taken(owner), OWNERS)
    } finally {
      await client.end()
    }
  })

  it('stay taken, and are noted once', async () => {
    const noted = await actionsOf('core.guide.stepTaken')
    const { json } = await library.ask(owner, 'GET', '/v1/documents')
    for (const { id } of json.items)
      assert.equal((await library.ask(owner, 'DELETE', `/v1/documents/${id}`)).status, 204)
    assert.equal((await library.ask(owner, 'GET', '/v1/documents')).json.total, 0)
    assert.deepEqual(await taken(owner), OWNERS)
    assert.equal(await actionsOf('core.guide.stepTaken'), noted)
  })

  it('are put away for one person, on all their devices, and opened again', async () => {
    const away = await library.ask(member, 'PATCH', '/v1/guide', { isDismissed: true })
    assert.equal(away.status, 200)
    assert.equal(away.json.isDismissed, true)
    assert.equal((await library.ask(member, 'PATCH', '/v1/guide', { isDismissed: true })).status, 200)
    const { email, password } = member
    const phone = await library.house.ask(null, 'POST', '/v1/sessions', { email, password })
    assert.equal((await guideOf({ ...member, token: phone.json.token })).isDismissed, true)
    assert.equal((await guideOf(owner)).isDismissed, false)
    await library.ask(member, 'GET', '/v1/search?q=valve')
    assert.deepEqual(await taken(member), ['knowledge.document.added'], 'nobody looks while it is away')
    const again = await library.ask(member, 'PATCH', '/v1/guide', { isDismissed: false })
    assert.equal(again.json.isDismissed, false)
    assert.deepEqual(await taken(member), ['knowledge.document.added', 'knowledge.search.asked'])
  })

  it('are not put away by a key', async () => {
    const made = await library.ask(owner, 'POST', '/v1/api-keys', { name: 'a machine' })
    const answer = await library.house.app.inject({
      method: 'PATCH',
      url: '/v1/guide',
      headers: { authorization: `API-Key ${made.json.key}` },
      payload: { isDismissed: true },
    })
    assert.deepEqual([answer.statusCode, answer.json().code], [404, 'not_found'])
    assert.equal((await guideOf(owner)).isDismissed, false)
  })

  it('are not shown to whoever was a member before there was a guide', async () => {
    const early = await library.aResident()
    const tenant = early.token.split('.')[0] ?? ''
    const client = await connectAs(library.house.login('migrator'))
    try {
      await client.query(`drop index t_${tenant}.audit_of_first_steps`)
      await client.query('delete from cell.tenant_migration where tenant = $1 and number = 14', [tenant])
      const migrations = readMigrations(join(import.meta.dirname, '../../../migrations/tenant'))
      assert.equal(await migrateTenant(client, tenant, migrations), 1)
    } finally {
      await client.end()
    }
    assert.equal((await guideOf(early)).isDismissed, true)
  })

  it('find a search by the index, however long the log is', async () => {
    const tenant = owner.token.split('.')[0] ?? ''
    const client = await connectAs(library.house.login('migrator'))
    try {
      const { rows } = await client
        .query<{ 'QUERY PLAN': string }>(
          `set enable_seqscan = off; explain select id from t_${tenant}.audit where actor = '00000000-0000-7000-8000-000000000000' and action = 'knowledge.search.asked'`,
        )
        .then((results) => (Array.isArray(results) ? results[1] : results))
      assert.match(JSON.stringify(rows), /audit_of_first_steps.*Index Cond: \(\(actor = /)
    } finally {
      await client.end()
    }
  })
})
