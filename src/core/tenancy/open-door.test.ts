import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type OwnHouse, openHouse, type Resident } from '#test/own-house.ts'
import { newId } from '../ids.ts'
import type { Actor } from './actor.ts'

let house: OwnHouse
let resident: Resident
before(async () => {
  house = await openHouse()
  resident = await house.aResident()
})
after(() => house.stop())

async function anActor(): Promise<Actor> {
  const origin = { ip: '192.0.2.7', userAgent: 'door test' }
  return house.ctx.credentials.actorOf(resident.token, 's', { region: 'eu', origin, requestId: 'door' })
}

async function eventsOf(action: string) {
  const { json } = await house.ask(resident, 'GET', `/v1/audit?limit=100&action=${action}`)
  return json.items
}

test('a read that found something left its event with it, personal part and all', async () => {
  const actor = await anActor()
  const rows = await house.ctx.read(actor, (tx) =>
    tx.found(tx.db.selectFrom('organisation').select(['id']), {
      action: 'door.test.found',
      detail: { what: 'organisation' },
    }),
  )
  assert.equal(rows.length, 1)
  assert.ok(house.ctx.hasAudited(actor))
  const [event, ...more] = await eventsOf('door.test.found')
  assert.equal(more.length, 0)
  assert.equal(event.outcome, 'done')
  assert.deepEqual(event.detail, { what: 'organisation' })
  assert.equal(event.ip, '192.0.2.7')
})

test('a read that found nothing leaves none, so a route that forgets to refuse does not answer', async () => {
  const actor = await anActor()
  const rows = await house.ctx.read(actor, (tx) =>
    tx.found(
      tx.db
        .selectFrom('organisation')
        .select('id')
        .where('id', '=', actor.personId ?? ''),
      {
        action: 'door.test.nothing',
      },
    ),
  )
  assert.deepEqual(rows, [])
  assert.ok(!house.ctx.hasAudited(actor))
  assert.deepEqual(await eventsOf('door.test.nothing'), [])
})

test('a read whose statement fails leaves none', async () => {
  const actor = await anActor()
  await assert.rejects(
    house.ctx.read(actor, (tx) =>
      tx.found(tx.db.selectFrom('organisation').select('id').where('id', '=', 'not an id'), {
        action: 'door.test.failed',
      }),
    ),
  )
  assert.deepEqual(await eventsOf('door.test.failed'), [])
})

test('what a writer found counts as its event, and goes when the write goes', async () => {
  const actor = await anActor()
  const look = { action: 'door.test.wrote' }
  await house.ctx.write(actor, (tx) => tx.found(tx.db.selectFrom('organisation').select('id'), look))
  assert.equal((await eventsOf('door.test.wrote')).length, 1)
  await assert.rejects(
    house.ctx.write(actor, async (tx) => {
      await tx.found(tx.db.selectFrom('organisation').select('id'), look)
      throw new Error('the work failed')
    }),
  )
  assert.equal((await eventsOf('door.test.wrote')).length, 1)
})

test('a write that recorded nothing does not commit', async () => {
  const actor = await anActor()
  await assert.rejects(
    house.ctx.write(actor, (tx) =>
      tx.db.updateTable('organisation').set({ session_idle_minutes: 77 }).execute(),
    ),
    /recorded no audit entry/,
  )
  const { json } = await house.ask(resident, 'GET', '/v1/organisation')
  assert.notEqual(json.sessionIdleMinutes, 77)
})

test('writes that come all at once to a process that knows no key yet are all done', async () => {
  const actor = await anActor()
  const documents = Array.from({ length: 24 }, () => newId())
  await house.ctx.write(actor, async (tx) => {
    for (const document of documents) {
      const { row } = await tx.keys.newSubject('document', document)
      await tx.db.insertInto('key').values(row).execute()
    }
    tx.audit({ action: 'door.test.keys' })
  })
  const cold = house.aNeighbour(0)
  const writes = documents.map((document) =>
    cold.write({ ...actor }, async (tx) => {
      // Holds its connection before it needs a key that has to be read and lent.
      await tx.db.selectFrom('organisation').select('id').execute()
      await tx.keys.subject('document', document)
      tx.audit({ action: 'door.test.cold' })
    }),
  )
  const ended = await Promise.allSettled(writes)
  const refused = ended.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []))
  assert.deepEqual(refused, [])
})
