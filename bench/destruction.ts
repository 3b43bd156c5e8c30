/**
 * Destroying one document of a tenant with 100,000: from the begin of the batch until the keeper has forgotten, held against writing the same
 * rows with one statement; and how long somebody who reads meanwhile waits. The eleven minutes that lent keys need to run out, and
 * the rewriting of the index (see bench/search.ts), are not in it.
 */
import { connectAs } from '#core/db/system-login.ts'
import { newId } from '#core/ids.ts'
import { type OwnHouse, openHouse } from '#test/own-house.ts'
import type { Bench, Row } from './row.ts'

const DOCUMENTS = 100_000
const AT_ONCE = 500
/** As an installation runs, not as the tests do. */
const settings = { fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on' }
type Migrator = Awaited<ReturnType<typeof connectAs>>

export const bench: Bench = { name: 'destruction', run: benchDestruction }

async function benchDestruction(): Promise<Row[]> {
  const house = await openHouse({ settings })
  const migrator = await connectAs(house.login('migrator'))
  try {
    const person = await house.aResident()
    const tenant = person.token.split('.')[0] ?? ''
    await addKeys(house, migrator, tenant)
    const baseline = await timed(() => migrator.query(`update t_${tenant}.key set wrapped = wrapped || ''`))
    await destroyOne(migrator, tenant)
    house.passTime(12 * 60_000)
    await house.ask(person, 'GET', '/v1/organisation')
    const waits: number[] = []
    let isOver = false
    const reading = (async () => {
      while (!isOver) waits.push(await timed(() => house.ask(person, 'GET', '/v1/organisation')))
    })()
    const ours = await timed(async () => {
      if ((await house.destroyer().round()) !== 1) throw new Error('nothing was destroyed')
    })
    isOver = true
    await reading
    waits.sort((a, b) => a - b)
    const [middle = 0, longest = 0] = [waits[Math.floor(waits.length / 2)], waits.at(-1)]
    return [
      {
        name: `destroy one document of ${DOCUMENTS.toLocaleString('en')}`,
        baseline: 'the same rows written by one statement',
        baselineValue: baseline / 1000,
        ours: ours / 1000,
        unit: 's',
        ratio: ours / baseline,
        reach: '<= 120 s',
        pass: ours <= 120_000,
        note: `who read meanwhile waited ${middle.toFixed(0)} ms in the middle, ${longest.toFixed(0)} ms at most (${waits.length} reads)`,
      },
    ]
  } finally {
    await migrator.end()
    await house.stop()
  }
}

/** Real keys of documents that nobody has, wrapped by the keeper. */
async function addKeys(house: OwnHouse, migrator: Migrator, tenant: string): Promise<void> {
  const web = house.keeper.as('web')
  const { rows } = await migrator.query<{ epoch: number; wrapped: Buffer }>(
    `select epoch, wrapped from t_${tenant}.key_epoch`,
  )
  const [{ epoch, wrapped } = { epoch: 0, wrapped: Buffer.alloc(0) }] = rows
  const under = { epoch, wrapped: wrapped.toString('base64') }
  for (let made = 0; made < DOCUMENTS; made += AT_ONCE) {
    const place = { region: 'eu', tenant, epoch: under, purpose: 'document' as const, version: 1 }
    const keys = await Promise.all(
      Array.from({ length: AT_ONCE }, () => web.ask('newKey', { ...place, subject: newId() })),
    )
    await migrator.query(
      `insert into t_${tenant}.key (id, purpose, version, subject, epoch, wrapped)
       select id, 'document', 1, subject, $1, wrapped from unnest($2::uuid[], $3::uuid[], $4::bytea[]) as made (id, subject, wrapped)`,
      [
        epoch,
        keys.map(({ row }) => row.id),
        keys.map(({ row }) => row.subject),
        keys.map(({ row }) => Buffer.from(row.wrapped, 'base64')),
      ],
    )
  }
}

/** What the erasing job and the rewriting of the index leave for the cell. */
async function destroyOne(migrator: Migrator, tenant: string): Promise<void> {
  await migrator.query(
    `with gone as (
       update t_${tenant}.key set state = 'destroyed', wrapped = null
       where id = (select id from t_${tenant}.key where purpose = 'document' limit 1) returning id, subject)
     insert into cell.destruction (id, tenant, kind, subject, keys, awaits_index, destroyed_at)
     select $1, $2, 'document', subject, array[id], false, clock_timestamp() from gone`,
    [newId(), tenant],
  )
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}
