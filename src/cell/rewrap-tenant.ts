// Moving a tenant's wrapped keys to a new epoch, or its epochs under the newest epoch of the region; rows pass through, keys never do.
// Must stay true: each step commits whole and running it again changes nothing; an epoch goes only when nothing lies under it;
// what was destroyed is in no new epoch; people who use the tenant wait for a thousand rows at most.
import { tenantNames } from '#core/db/migrate.ts'
import type { SteadyConnection } from '#core/db/steady-client.ts'
import { sealedVersion } from '#core/keys/aead.ts'
import { type KeeperClient, KeeperRefusal } from '#core/keys/keeper-client.ts'
import { SealBroken } from '#core/keys/seal-broken.ts'
import type { EpochRow, KeyRow } from '#core/keys/tenant-keys.ts'
import { epochFromWire, epochToWire, keyToWire } from '#core/keys/wire-rows.ts'
import type { KeyOnWire } from '#protocol/keeper/keeper.schema.ts'

/** One tenant, and the migrator's connection to its cell. */
export interface RewrapPlace {
  readonly client: SteadyConnection
  readonly keeper: KeeperClient
  readonly region: string
  readonly tenant: string
  /** Told before each transaction; tests stop there. */
  readonly onBatch?: (() => Promise<void>) | undefined
}

/** What was done. `damaged` opened under no epoch: such a key is lost already, and stands in nobody's way. */
export interface Rewrapped {
  moved: number
  damaged: number
}

const BATCH = 1_000
const FIRST = '00000000-0000-0000-0000-000000000000'

/**
 * Gives the tenant an epoch under the region's epoch `under`, moves every key that is not destroyed there, and ends the older ones. Nothing
 * that was destroyed before opens once the region's epochs before `under` are forgotten.
 */
export async function renewEpoch(place: RewrapPlace, under: number): Promise<Rewrapped> {
  const { client, tenant } = place
  const { schema } = tenantNames(tenant)
  const done: Rewrapped = { moved: 0, damaged: 0 }
  const epochs = await readEpochs(place)
  const newest = epochs.at(-1)
  if (!newest) throw new Error('a tenant has no key epoch')
  const to = regionEpochOf(newest) === under ? newest : await addEpoch(place, newest.epoch, under)
  const all = to === newest ? epochs : [...epochs, to]
  let after = FIRST
  for (;;) {
    await place.onBatch?.()
    await client.query('begin')
    try {
      const last = await moveSome(place, all, { to: to.epoch, after }, done)
      if (last === undefined) {
        // From here on nobody stores a key until the end: what came meanwhile is among these or not there.
        await client.query(`set local lock_timeout = '2s'`)
        await client.query(`lock table ${schema}.key in share row exclusive mode`)
        const more = await moveSome(place, all, { to: to.epoch, after: FIRST }, done)
        if (more === undefined) {
          await client.query(
            `update ${schema}.key set epoch = $1 where epoch < $1 and (wrapped is null or state = 'destroyed')`,
            [to.epoch],
          )
          await client.query(`delete from ${schema}.key_epoch where epoch < $1`, [to.epoch])
          await client.query('update cell.tenant set region_epoch = $2 where tenant = $1', [tenant, under])
          await client.query('commit')
          return done
        }
      }
      await client.query('commit')
      after = last ?? FIRST
    } catch (error) {
      await client.query('rollback')
      // Somebody's upload holds the table for longer than anybody should wait behind us.
      if (!(error instanceof Error && 'code' in error && error.code === '55P03')) throw error
    }
  }
}

/** Moves the epochs of a tenant that destroyed nothing under the newest epoch of the region, which must be `under`. Answers how many do not open. */
export async function moveEpochs(place: RewrapPlace, under: number): Promise<number> {
  const { client, keeper, region, tenant } = place
  const { schema } = tenantNames(tenant)
  let damaged = 0
  await client.query('begin')
  try {
    for (const epoch of await readEpochs(place)) {
      if (regionEpochOf(epoch) === under) continue
      const moved = await unlessBroken(() =>
        keeper.ask('rewrapEpochs', { region, tenant, epochs: [epochToWire(epoch)] }),
      )
      const [first] = moved?.epochs ?? []
      if (!first) {
        damaged++
        continue
      }
      const row = epochFromWire(first)
      if (regionEpochOf(row) !== under) throw new Error('the region has another epoch by now')
      await client.query(`update ${schema}.key_epoch set wrapped = $2 where epoch = $1`, [
        row.epoch,
        row.wrapped,
      ])
    }
    await client.query('update cell.tenant set region_epoch = $2 where tenant = $1', [tenant, under])
    await client.query('commit')
    return damaged
  } catch (error) {
    await client.query('rollback')
    throw error
  }
}

/** The region's epoch under which an epoch lies; 0 when it is no wrapped key at all. */
export function regionEpochOf({ wrapped }: EpochRow): number {
  try {
    return sealedVersion(wrapped)
  } catch (error) {
    if (error instanceof SealBroken) return 0
    throw error
  }
}

async function readEpochs({ client, tenant }: RewrapPlace): Promise<EpochRow[]> {
  const { schema } = tenantNames(tenant)
  const { rows } = await client.query<EpochRow>(
    `select epoch, wrapped from ${schema}.key_epoch order by epoch`,
  )
  return rows
}

async function addEpoch(
  { client, keeper, region, tenant }: RewrapPlace,
  after: number,
  under: number,
): Promise<EpochRow> {
  const { schema } = tenantNames(tenant)
  const { epoch, sealedUntil } = await keeper.ask('newEpoch', { region, tenant, after })
  if (sealedUntil !== under) throw new Error('the region has another epoch by now')
  const row = epochFromWire(epoch)
  await client.query(`insert into ${schema}.key_epoch (epoch, wrapped) values ($1, $2)`, [
    row.epoch,
    row.wrapped,
  ])
  return row
}

/** Moves up to a thousand keys behind `after` within the caller's transaction; answers the last when there may be more. */
async function moveSome(
  place: RewrapPlace,
  epochs: readonly EpochRow[],
  { to, after }: { to: number; after: string },
  done: Rewrapped,
): Promise<string | undefined> {
  const { client, tenant } = place
  const { schema } = tenantNames(tenant)
  const { rows } = await client.query<KeyRow>(
    `select id, purpose, version, subject, epoch, wrapped, state from ${schema}.key
     where epoch < $1 and id > $2 and wrapped is not null and state <> 'destroyed' order by id limit ${BATCH} for update`,
    [to, after],
  )
  if (rows.length === 0) return undefined
  const moved = await rewrapAll(
    place,
    epochs,
    to,
    rows.map(keyToWire).filter((row) => row !== null),
  )
  done.moved += moved.length
  done.damaged += rows.length - moved.length
  const wrapped = new Map(moved.map((row) => [row.id, Buffer.from(row.wrapped, 'base64')]))
  await client.query(
    `update ${schema}.key set epoch = $1, wrapped = coalesce(new.wrapped, key.wrapped)
     from unnest($2::uuid[], $3::bytea[]) as new (id, wrapped) where key.id = new.id`,
    [to, rows.map(({ id }) => id), rows.map(({ id }) => wrapped.get(id) ?? null)],
  )
  return rows.length < BATCH ? undefined : rows.at(-1)?.id
}

/** The keys under the new epoch, without those that do not open: halves are tried until they stand alone. */
async function rewrapAll(
  place: RewrapPlace,
  epochs: readonly EpochRow[],
  to: number,
  keys: readonly KeyOnWire[],
): Promise<KeyOnWire[]> {
  const { keeper, region, tenant } = place
  const used = epochs.filter(({ epoch }) => epoch === to || keys.some((key) => key.epoch === epoch))
  const answer = await unlessBroken(() =>
    keeper.ask('rewrap', { region, tenant, epochs: used.map(epochToWire), to, keys: [...keys] }),
  )
  if (answer) return answer.keys
  if (keys.length === 1) return []
  const middle = Math.ceil(keys.length / 2)
  return [
    ...(await rewrapAll(place, epochs, to, keys.slice(0, middle))),
    ...(await rewrapAll(place, epochs, to, keys.slice(middle))),
  ]
}

async function unlessBroken<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof KeeperRefusal && error.code === 'broken') return undefined
    throw error
  }
}
