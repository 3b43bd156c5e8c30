import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type pg from 'pg'
import { type OwnHouse, openHouse } from '#test/own-house.ts'
import { readMigrations } from '../db/migrate.ts'
import { connectAs } from '../db/system-login.ts'
import { claimTenant, createSpareTenant } from './create-tenant.ts'

let house: OwnHouse
const open: pg.Client[] = []
before(async () => {
  house = await openHouse()
})
after(async () => {
  for (const client of open) await client.end()
  await house.stop()
})

async function connected(role: string, database?: string): Promise<pg.Client> {
  const client = await connectAs(house.login(role, database))
  open.push(client)
  return client
}

/** The client, whose connection is lost in the moment after the server committed. */
function losingTheAnswer(client: pg.Client): pg.Client {
  return new Proxy(client, {
    get(target, name) {
      if (name !== 'query') return Reflect.get(target, name)
      return async (...asked: unknown[]) => {
        const answer = await Reflect.apply(target.query, target, asked)
        if (asked[0] === 'commit') throw new Error('Connection terminated unexpectedly')
        return answer
      }
    },
  })
}

test('a claim whose answer was lost leaves its tenant with whoever has it', async () => {
  const client = await connected('migrator')
  const registrar = await connected('registrar', 'directory')
  const migrations = readMigrations(join(import.meta.dirname, '../../../migrations/tenant'))
  const keeper = house.keeper.as('cell')
  const tenant = await createSpareTenant({ client, keeper, region: 'eu', migrations })
  const domainBlind = randomBytes(32)
  const claim = { client, region: 'eu', cell: 'eu-1', domainBlind }
  await assert.rejects(claimTenant({ ...claim, registrar: losingTheAnswer(registrar) }), /terminated/)
  assert.equal(await claimTenant({ ...claim, registrar }), tenant)
  // Nobody else is offered it.
  assert.equal(await claimTenant({ ...claim, registrar, domainBlind: randomBytes(32) }), undefined)
  const { rows } = await client.query('select state from cell.tenant where tenant = $1', [tenant])
  assert.equal(rows[0].state, 'active')
})
