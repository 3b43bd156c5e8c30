/**
 * Everything of a tenant that opens: each sealed value of each table, tried with every key that the keeper lends. This is what somebody does
 * who has a copy of the database and the keeper, so it goes by the tables themselves and by no list of ours.
 */
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { inflateRawSync } from 'node:zlib'
import type pg from 'pg'
import { openBytes } from '#core/keys/aead.ts'
import { type KeeperClient, KeeperRefusal } from '#core/keys/keeper-client.ts'
import { SealBroken } from '#core/keys/seal-broken.ts'
import { subkey } from '#core/keys/subkey.ts'
import type { EpochRow, KeyRow } from '#core/keys/tenant-keys.ts'
import { epochToWire, keyToWire } from '#core/keys/wire-rows.ts'

/** Wrapped keys as some tables had them. */
export interface KeyTables {
  readonly epochs: readonly EpochRow[]
  readonly keys: readonly KeyRow[]
}

/** A value that opened. */
export interface OpenedValue {
  readonly table: string
  readonly text: string
}

/** The wrapped keys of a tenant in a database; `client` is the migrator's. */
export async function keyTables(client: pg.ClientBase, tenant: string): Promise<KeyTables> {
  const epochs = await client.query<EpochRow>(
    `select epoch, wrapped from t_${tenant}.key_epoch order by epoch`,
  )
  const keys = await client.query<KeyRow>(
    `select id, purpose, version, subject, epoch, wrapped, state from t_${tenant}.key order by id`,
  )
  return { epochs: epochs.rows, keys: keys.rows }
}

/** Every key of these tables that the keeper lends, asked for one by one, and what is derived from it. */
export async function lentOf(
  keeper: KeeperClient,
  tenant: string,
  from: readonly KeyTables[],
): Promise<KeyObject[]> {
  const lent = new Map<string, KeyObject>()
  for (const { epochs, keys } of from)
    for (const row of keys) {
      const wire = keyToWire({ ...row, state: 'live' })
      if (wire === null) continue
      for (const epoch of epochs.filter((one) => one.epoch === row.epoch))
        try {
          const question = { region: 'eu', tenant, epochs: [epochToWire(epoch)], keys: [wire] }
          for (const { id, key } of (await keeper.ask('lend', question)).keys)
            lent.set(id, createSecretKey(Buffer.from(key, 'base64')))
        } catch (error) {
          if (!(error instanceof KeeperRefusal && error.code === 'broken')) throw error
        }
    }
  return [...lent.values()].flatMap((key) => [
    key,
    subkey(key, 'subject field'),
    subkey(key, 'derive', 'page'),
    subkey(key, 'derive', 'word'),
    subkey(key, 'derive', 'blind'),
  ])
}

/** Opens what opens. */
export async function openEverything(
  client: pg.ClientBase,
  tenant: string,
  keys: readonly KeyObject[],
): Promise<OpenedValue[]> {
  const opened: OpenedValue[] = []
  for (const [schema, store] of [
    [`t_${tenant}`, 'activity'],
    [`t_${tenant}_people`, 'people'],
  ] as const) {
    const { rows: tables } = await client.query<{ name: string; sealed: string[] }>(
      `select c.relname as name, array_agg(a.attname::text order by a.attnum) as sealed
       from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
       where c.relnamespace = $1::regnamespace and c.relkind = 'r' and a.atttypid = 'bytea'::regtype group by 1 order by 1`,
      [schema],
    )
    for (const { name, sealed } of tables) {
      const { rows } = await client.query<Record<string, unknown>>(`select * from ${schema}."${name}"`)
      for (const row of rows)
        for (const column of sealed) {
          const value = row[column]
          if (!(value instanceof Buffer)) continue
          for (const place of placesOf(tenant, { store, name, column }, row))
            for (const key of keys) {
              const text = tryToOpen(key, place, value)
              if (text !== undefined) opened.push({ table: name, text })
            }
        }
    }
  }
  return opened
}

/** Which of these values stand in the copy as look-up values under one of the keys: what somebody finds who can only guess. */
export async function guessed(
  client: pg.ClientBase,
  tenant: string,
  keys: readonly KeyObject[],
  guesses: readonly (readonly [label: string, value: string])[],
): Promise<string[]> {
  const { rows } = await client.query<{ value: Buffer }>(
    `select tag as value from t_${tenant}.snip_tag union select sha256 from t_${tenant}.document`,
  )
  const stored = new Set(rows.map(({ value }) => value.toString('hex')))
  return guesses.flatMap(([label, value]) =>
    keys.some((key) => stored.has(createHmac('sha256', key).update(`${label}\0${value}`).digest('hex')))
      ? [value]
      : [],
  )
}

/** What a seal may be bound to: the column and any id of the row, or an id and a number; for the index a segment and its bucket. */
function placesOf(
  tenant: string,
  { store, name, column }: { store: string; name: string; column: string },
  row: Readonly<Record<string, unknown>>,
): string[] {
  const parts = Object.values(row).flatMap((value) =>
    typeof value === 'string' || typeof value === 'number' ? [String(value)] : [],
  )
  const ids = [...new Set(parts.filter((part) => /^[0-9a-f-]{36}$/.test(part)))]
  const numbers = [...new Set(['0', ...parts.filter((part) => /^-?\d{1,9}$/.test(part))])]
  const pairs = (between: string) => ids.flatMap((id) => numbers.map((number) => `${id}${between}${number}`))
  if (name.startsWith('search_')) return pairs('\0').map((pair) => `t_${tenant}\0${name}\0${pair}`)
  const digests = Object.values(row).flatMap((value) =>
    value instanceof Buffer && value.length === 32 ? [value.toString('hex')] : [],
  )
  const names = name === 'document_page' ? pairs('/') : [...ids, ...digests]
  return names.map((one) => `${tenant}\0${store}.${name}\0${one}\0${column}`)
}

function tryToOpen(key: KeyObject, place: string, sealed: Buffer): string | undefined {
  try {
    const plain = openBytes(key, place, sealed)
    try {
      return inflateRawSync(plain).toString()
    } catch {
      // It was not deflated.
      return plain.toString()
    }
  } catch (error) {
    if (error instanceof SealBroken) return undefined
    throw error
  }
}
