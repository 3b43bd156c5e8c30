// The keeper asked for the other's keys, and the other's ciphertexts held against one's own. The questions are those that web and worker
// ask all day; only what stands in them does not belong together.

import { sql } from 'kysely'
import { PublicError } from '#core/errors.ts'
import { KeeperRefusal } from '#core/keys/keeper-client.ts'
import { SealBroken } from '#core/keys/seal-broken.ts'
import { subjectSeal } from '#core/keys/subject-seal.ts'
import type { KeyRow, TenantKeys } from '#core/keys/tenant-keys.ts'
import { epochToWire, keyToWire } from '#core/keys/wire-rows.ts'
import type { EpochOnWire, KeyOnWire } from '#protocol/keeper/keeper.schema.ts'
import type { Attempt, Outcome } from './attempt.ts'
import type { Canary, ProbeGround } from './probe-ground.ts'

interface Rows {
  readonly epochs: EpochOnWire[]
  readonly keys: KeyOnWire[]
}

/** Questions whose answer would be a key of the other, and openings of what it sealed. */
export async function keyAttempts(ground: ProbeGround, me: Canary, other: Canary): Promise<Attempt[]> {
  const [mine, theirs] = await Promise.all([rowsOf(me), rowsOf(other)])
  return [...questions(ground, { me, mine, other, theirs }), ...(await openings(ground, me, other))]
}

interface Pair {
  readonly me: Canary
  readonly mine: Rows
  readonly other: Canary
  readonly theirs: Rows
}

function questions({ keeper, region, ctx }: ProbeGround, { me, mine, other, theirs }: Pair): Attempt[] {
  const a = { region, tenant: me.tenant }
  const b = { region, tenant: other.tenant }
  const to = mine.epochs.at(-1)?.epoch ?? 1
  const elsewhere = ctx.regions.find(({ name }) => name !== region)?.name
  const tries: (readonly [string, () => Promise<unknown>])[] = []
  for (const key of theirs.keys) {
    const keys = [key]
    const what = `${key.purpose} key`
    tries.push(
      [`lend ${what} as one’s own`, () => keeper.ask('lend', { ...a, epochs: mine.epochs, keys })],
      [`lend ${what} with its epochs`, () => keeper.ask('lend', { ...a, epochs: theirs.epochs, keys })],
      [`lend ${what} under one’s own epochs`, () => keeper.ask('lend', { ...b, epochs: mine.epochs, keys })],
      [`rewrap ${what}`, () => keeper.ask('rewrap', { ...a, epochs: mine.epochs, to, keys })],
      [
        `rewrap ${what} with both epochs`,
        () => keeper.ask('rewrap', { ...a, epochs: [...theirs.epochs, ...mine.epochs], to, keys }),
      ],
    )
    if (elsewhere !== undefined)
      tries.push([
        `lend ${what} in another region`,
        () => keeper.ask('lend', { region: elsewhere, tenant: other.tenant, epochs: theirs.epochs, keys }),
      ])
  }
  const epoch = theirs.epochs.at(-1)
  if (epoch) {
    const fresh = { epoch, purpose: 'field', subject: null, version: 9 } as const
    tries.push(['new key under the epoch of the other', () => keeper.ask('newKey', { ...a, ...fresh })])
  }
  for (const role of ['migrator', 'sealer', 'dispatcher', 'registrar', 'replicator', 'mover', 'postgres'])
    tries.push([`login ${role}`, () => keeper.ask('login', { region, role })])
  tries.push(
    ['verifier of the other', () => keeper.ask('verifier', { region, role: `t_${other.tenant}` })],
    ['signature under the log of the other', () => keeper.ask('sign', { ...b, note: 'x\n1\nAAAA\n' })],
    ['sign-up key', () => keeper.ask('regionKey', { region, purpose: 'signup' })],
  )
  return tries.map(([name, ask]) => ({ layer: 'keys', name, run: () => refused(ask) }))
}

async function refused(ask: () => Promise<unknown>): Promise<Outcome> {
  try {
    await ask()
    return 'hit'
  } catch (error) {
    if (error instanceof KeeperRefusal) return 'denied'
    if (error instanceof PublicError) return 'unclear'
    throw error
  }
}

async function rowsOf({ opened }: Canary): Promise<Rows> {
  const db = opened.db('activity')
  const [epochs, keys] = await Promise.all([
    db.selectFrom('key_epoch').select(['epoch', 'wrapped']).orderBy('epoch').execute(),
    sql<KeyRow>`select id, purpose, version, subject, epoch, wrapped, state from key order by id limit 20`.execute(
      db,
    ),
  ])
  return {
    epochs: epochs.map(epochToWire),
    keys: keys.rows.map(keyToWire).filter((row) => row !== null),
  }
}

/** One row of each column under a document key: not under one's own documents, and not under its own in another place. */
async function subjectOpenings({ ctx }: ProbeGround, me: Canary, other: Canary): Promise<Attempt[]> {
  const attempts: Attempt[] = []
  for (const { table, column, row, subject } of ctx.subjectSealed.flatMap(({ columns }) => columns)) {
    const { rows } = await sql<{ row: string; subject: string; sealed: Buffer }>`
      select (${sql.raw(row)})::text as row, ${sql.ref(subject)} as subject, ${sql.ref(column)} as sealed
      from ${sql.table(table)} where ${sql.ref(subject)} is not null limit 1`.execute(
      other.opened.db('activity'),
    )
    const [found] = rows
    if (!found) continue
    const open = async (keys: TenantKeys, document: string, name: string) => {
      const seal = subjectSeal(await keys.subject('document', document))
      return broken(() =>
        seal.open({ tenant: other.tenant, store: 'activity', table, row: name, column }, found.sealed),
      )
    }
    const [own] = me.ids.get('document') ?? []
    if (own !== undefined)
      attempts.push({
        layer: 'keys',
        name: `${table}.${column} under one’s own document`,
        run: () => open(me.keys, own, found.row),
      })
    attempts.push({
      layer: 'keys',
      name: `${table}.${column} under its document in another row`,
      run: () => open(other.keys, found.subject, `${found.row}x`),
    })
  }
  return attempts
}

/** One row of each sealed table of the other: not under one's own keys, and not under its own in another place. */
async function openings(ground: ProbeGround, me: Canary, other: Canary): Promise<Attempt[]> {
  const { ctx } = ground
  const attempts = await subjectOpenings(ground, me, other)
  for (const { store, table, row, columns } of ctx.sealedTables) {
    for (const column of columns) {
      const { rows } = await sql<{ row: string; sealed: Buffer }>`
        select (${sql.raw(row)})::text as row, ${sql.ref(column)} as sealed from ${sql.table(table)}
        where ${sql.ref(column)} is not null limit 1`.execute(other.opened.db(store))
      const [found] = rows
      if (!found) continue
      attempts.push(
        {
          layer: 'keys',
          name: `${table}.${column} under one’s own key`,
          run: async () => broken(() => me.keys.open(store, table, found.row, column, found.sealed)),
        },
        {
          layer: 'keys',
          name: `${table}.${column} in another row`,
          run: async () => broken(() => other.keys.open(store, table, `${found.row}x`, column, found.sealed)),
        },
      )
    }
  }
  for (const subject of other.ids.get('document') ?? [])
    attempts.push({
      layer: 'keys',
      name: 'document key by the id of the other',
      run: () => gone(() => me.keys.subject('document', subject)),
    })
  return attempts
}

/** The outcome of opening what must not open. */
export async function broken(open: () => unknown): Promise<Outcome> {
  try {
    await open()
    return 'hit'
  } catch (error) {
    if (error instanceof SealBroken) return 'denied'
    if (error instanceof PublicError) return 'unclear'
    throw error
  }
}

async function gone(open: () => Promise<unknown>): Promise<Outcome> {
  try {
    await open()
    return 'hit'
  } catch (error) {
    if (error instanceof PublicError)
      return error.code === 'gone' || error.code === 'not_found' ? 'denied' : 'unclear'
    throw error
  }
}
