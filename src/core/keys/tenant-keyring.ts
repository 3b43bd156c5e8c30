// Lent keys of many tenants, each for at most the time the keeper gave.
// Must stay true: no key outlives its `until`; keys in use are refreshed ahead of it in the background; one lend at a time per tenant.
import { createSecretKey, type KeyObject } from 'node:crypto'
import type { KeeperAnswer } from '#protocol/keeper/keeper.schema.ts'
import { PublicError } from '../errors.ts'
import { type HeldSubjects, holdSubjects, type Loan, versionsOf } from './held-subjects.ts'
import { type KeeperClient, KeeperRefusal } from './keeper-client.ts'
import { type KeyClock, machineClock } from './key-clock.ts'
import { type Lent, lend } from './lent.ts'
import { subjectKey } from './subject-key.ts'
import {
  type KeyRow,
  type KeyRowSource,
  type PurposeKeys,
  type TenantKeys,
  tenantKeys,
  type WrappedKeys,
} from './tenant-keys.ts'
import { epochToWire, keyFromWire, keyToWire } from './wire-rows.ts'

/** Keys used since so long before their end are refreshed; in milliseconds. */
const AHEAD = 2 * 60 * 1000

export interface TenantKeyring {
  /** The tenant's keys, lent now if they are not already. Throws `keeper_unavailable`. */
  keysOf(region: string, tenant: string, rows: KeyRowSource): Promise<TenantKeys>
  /** Lends the tenant's keys again, e.g. after a rotation; what is in use goes on without a gap. */
  renew(tenant: string): Promise<void>
  /** Forgets a tenant's keys at once; whoever still holds them gets `keeper_unavailable`. */
  drop(tenant: string): void
  close(): void
}

export interface KeyringOptions {
  keeper: KeeperClient
  clock?: KeyClock
}

interface Holder {
  keys: TenantKeys
  lent: Lent<PurposeKeys>
  rows: KeyRowSource
  subjects: HeldSubjects
  isUsed: boolean
  lending: Promise<void> | undefined
  renew(): Promise<void>
  cancelRefresh(): void
}

export function openTenantKeyring({ keeper, clock = machineClock }: KeyringOptions): TenantKeyring {
  const holders = new Map<string, Holder>()
  const opening = new Map<string, Promise<Holder>>()
  /** Keys in clear of rows that may have to be wrapped again before they are stored. */
  const unstored = new WeakMap<KeyRow, KeyObject>()

  async function lendKeys(region: string, tenant: string, load: () => Promise<WrappedKeys>): Promise<Loan> {
    return untilTheyOpen(async () => {
      const { epochs, keys: rows } = await load()
      const keys = rows.map(keyToWire).filter((row) => row !== null)
      if (keys.length === 0) return { rows, lentKeys: new Map<string, KeyObject>(), until: clock.now() }
      const used = new Set(keys.map((row) => row.epoch))
      const question = {
        region,
        tenant,
        epochs: epochs.filter((row) => used.has(row.epoch)).map(epochToWire),
        keys,
      }
      return { rows, ...readLoan(await keeper.ask('lend', question)) }
    })
  }

  async function lendPurposes(
    region: string,
    tenant: string,
    rows: KeyRowSource,
  ): Promise<Lent<PurposeKeys>> {
    const { rows: keys, lentKeys, until } = await lendKeys(region, tenant, () => rows.loadKeyRows())
    const purposes: PurposeKeys = new Map()
    for (const row of keys) {
      const { purpose } = row
      if (purpose === 'document' || purpose === 'person' || purposes.has(purpose)) continue
      const versions = versionsOf(
        keys.filter((one) => one.purpose === purpose),
        lentKeys,
      )
      if (versions.length > 0) purposes.set(purpose, versions)
    }
    return lend(purposes, until, clock)
  }

  async function openHolder(region: string, tenant: string, rows: KeyRowSource): Promise<Holder> {
    const subjects = holdSubjects(clock, (purpose, ids) =>
      lendKeys(region, tenant, () => holder.rows.loadSubjectKeys(purpose, ids)),
    )
    const holder: Holder = {
      lent: await lendPurposes(region, tenant, rows),
      rows,
      subjects,
      isUsed: false,
      lending: undefined,
      cancelRefresh: () => undefined,
      renew: refresh,
      keys: tenantKeys({
        tenant,
        now: () => clock.now(),
        purposes() {
          holder.isUsed = true
          const held = holder.lent.value()
          if (!held) throw new PublicError('keeper_unavailable', undefined, { cause: 'lent keys have ended' })
          return held
        },
        subject: async (purpose, id) => subjectKey(await subjects.one(purpose, id), clock.now()),
        async subjects(purpose, ids) {
          const found = await subjects.many(purpose, ids)
          const now = clock.now()
          return new Map([...found].map(([id, versions]) => [id, subjectKey(versions, now)]))
        },
        newKey: (purpose, subject, version) => newKey(purpose, subject, version),
        async wrapAgain(row) {
          const key = unstored.get(row)
          if (!key)
            throw new PublicError('conflict', undefined, { cause: 'the epoch of a new key has ended' })
          const again = { id: row.id, key: key.export().toString('base64') }
          return (await newKey(row.purpose, row.subject, row.version, again)).row
        },
        forgetSubject: subjects.forget,
      }),
    }
    planRefresh()
    return holder

    function planRefresh(): void {
      holder.cancelRefresh()
      holder.cancelRefresh = clock.after(Math.max(0, holder.lent.until - AHEAD - clock.now()), () => {
        if (holder.isUsed) refreshInBackground(holder)
      })
    }
    async function refresh(): Promise<void> {
      const lent = await lendPurposes(region, tenant, holder.rows)
      holder.lent.drop()
      holder.lent = lent
      holder.isUsed = false
      planRefresh()
    }

    async function newKey(
      purpose: KeyRow['purpose'],
      subject: string | null,
      version: number,
      again?: { id: string; key: string },
    ) {
      const made = await untilTheyOpen(async () => {
        const { epochs } = await holder.rows.loadKeyRows()
        const newest = epochs.toSorted((a, b) => b.epoch - a.epoch)[0]
        if (!newest) throw new Error(`Tenant ${tenant} has no key epoch.`)
        const question = { region, tenant, epoch: epochToWire(newest), purpose, subject, version }
        return keeper.ask('newKey', again ? { ...question, again } : question)
      })
      const { key: bytes, until } = made
      const row = keyFromWire(made.row)
      const key = toKey(bytes)
      unstored.set(row, key)
      // A further version is learnt from its row, like everywhere else, long before it seals.
      if (subject !== null && version === 1 && (purpose === 'document' || purpose === 'person'))
        subjects.keep(purpose, subject, [{ id: row.id, version, key, isRetired: false }], Date.parse(until))
      return { row, key }
    }
  }

  function drop(tenant: string): void {
    const holder = holders.get(tenant)
    holders.delete(tenant)
    opening.delete(tenant)
    holder?.cancelRefresh()
    holder?.lent.drop()
    holder?.subjects.drop()
  }

  return {
    async keysOf(region, tenant, rows) {
      const held = holders.get(tenant)
      if (held?.lent.value()) {
        held.rows = rows
        if (held.lent.until - clock.now() < AHEAD) refreshInBackground(held)
        return held.keys
      }
      const running = opening.get(tenant) ?? openHolder(region, tenant, rows)
      opening.set(tenant, running)
      try {
        const holder = await running
        // A drop in between means that what was just lent may be stale already.
        if (opening.get(tenant) === running) {
          drop(tenant)
          holders.set(tenant, holder)
        }
        return holder.keys
      } finally {
        if (opening.get(tenant) === running) opening.delete(tenant)
      }
    },
    async renew(tenant) {
      await holders.get(tenant)?.renew()
    },
    drop,
    close() {
      for (const tenant of [...holders.keys()]) drop(tenant)
    },
  }
}

/** Tries this often: between reading a wrapped key and opening it its epoch may have ended, and then the row is another by now. */
const TRIES = 3

/** Throws `keys_destroyed` when they do not open as they are now. */
async function untilTheyOpen<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof KeeperRefusal && error.code === 'broken')) throw error
      if (tries === TRIES) throw new PublicError('keys_destroyed', undefined, { cause: error })
    }
  }
}

/** One at a time. Where it fails the keys stay until their end, and the next use asks again. */
function refreshInBackground(holder: Holder): void {
  const done = () => {
    holder.lending = undefined
  }
  holder.lending ??= holder.renew().then(done, done)
}

function readLoan({ keys, until }: KeeperAnswer<'lend'>) {
  return { lentKeys: new Map(keys.map(({ id, key }) => [id, toKey(key)])), until: Date.parse(until) }
}

function toKey(base64: string): KeyObject {
  const bytes = Buffer.from(base64, 'base64')
  const key = createSecretKey(bytes)
  bytes.fill(0)
  return key
}
