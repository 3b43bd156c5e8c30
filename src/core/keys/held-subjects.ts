// The lent keys of a tenant's documents and persons. Must stay true: no key outlives its `until`; of many that are asked for at once, one
// that was destroyed or does not open is left out and hides no other.
import type { KeyObject } from 'node:crypto'
import type { SubjectPurpose } from '#protocol/keeper/keeper.schema.ts'
import { PublicError } from '../errors.ts'
import type { KeyClock } from './key-clock.ts'
import { type Lent, lend } from './lent.ts'
import type { KeyRow } from './tenant-keys.ts'
import type { VersionedKey } from './version-in-use.ts'

/** Held per tenant, about a kilobyte each: what a library that is sorted by title needs. The ones unused for longest go first. */
const MOST = 50_000
/** Asked of the tables, and of the keeper, at a time. */
const AT_ONCE = 500

/** Rows of keys and what was lent of them. */
export interface Loan {
  readonly rows: readonly KeyRow[]
  readonly lentKeys: ReadonlyMap<string, KeyObject>
  /** Milliseconds since 1970. */
  readonly until: number
}

export interface HeldSubjects {
  /** Every version of one subject's key. Throws `gone`, `keys_destroyed`. */
  one(purpose: SubjectPurpose, id: string): Promise<VersionedKey[]>
  /** The same of many; who is destroyed is not in it. */
  many(purpose: SubjectPurpose, ids: Iterable<string>): Promise<Map<string, VersionedKey[]>>
  keep(purpose: SubjectPurpose, id: string, versions: VersionedKey[], until: number): void
  forget(purpose: SubjectPurpose, id: string): void
  drop(): void
}

/** @param lendSubjects lends every version of the keys of these subjects; throws `keys_destroyed` when one does not open */
export function holdSubjects(
  clock: KeyClock,
  lendSubjects: (purpose: SubjectPurpose, ids: readonly string[]) => Promise<Loan>,
): HeldSubjects {
  const held = new Map<string, Lent<VersionedKey[]>>()

  function find(purpose: SubjectPurpose, id: string): VersionedKey[] | undefined {
    const name = `${purpose}/${id}`
    const lent = held.get(name)
    const versions = lent?.value()
    if (lent && versions) put(name, lent)
    return versions
  }

  function put(name: string, lent: Lent<VersionedKey[]>): void {
    held.delete(name)
    held.set(name, lent)
    for (const [oldest, old] of held) {
      if (held.size <= MOST) break
      old.drop()
      held.delete(oldest)
    }
  }

  function keep(purpose: SubjectPurpose, id: string, versions: VersionedKey[], until: number): void {
    put(`${purpose}/${id}`, lend(versions, until, clock))
  }

  async function lendThese(
    purpose: SubjectPurpose,
    ids: readonly string[],
  ): Promise<Map<string, VersionedKey[]>> {
    const { rows, lentKeys, until } = await lendSubjects(purpose, ids)
    const found = new Map<string, VersionedKey[]>()
    for (const [id, mine] of Map.groupBy(rows, ({ subject }) => subject ?? '')) {
      const versions = versionsOf(mine, lentKeys)
      if (versions.length === 0 || !mine.some(({ state }) => state === 'live')) continue
      keep(purpose, id, versions, until)
      found.set(id, versions)
    }
    return found
  }

  /** In halves where one of them does not open. */
  async function lendWhatOpens(
    purpose: SubjectPurpose,
    ids: readonly string[],
  ): Promise<Map<string, VersionedKey[]>> {
    try {
      return await lendThese(purpose, ids)
    } catch (error) {
      if (!(error instanceof PublicError && error.code === 'keys_destroyed')) throw error
      const half = ids.length >> 1
      if (half === 0) return new Map()
      const first = await lendWhatOpens(purpose, ids.slice(0, half))
      return new Map([...first, ...(await lendWhatOpens(purpose, ids.slice(half)))])
    }
  }

  return {
    async one(purpose, id) {
      const versions = find(purpose, id) ?? (await lendThese(purpose, [id])).get(id)
      if (!versions) throw new PublicError('gone')
      return versions
    },
    async many(purpose, ids) {
      const found = new Map<string, VersionedKey[]>()
      const missing: string[] = []
      for (const id of new Set(ids)) {
        const versions = find(purpose, id)
        if (versions) found.set(id, versions)
        else missing.push(id)
      }
      for (let at = 0; at < missing.length; at += AT_ONCE)
        for (const [id, versions] of await lendWhatOpens(purpose, missing.slice(at, at + AT_ONCE)))
          found.set(id, versions)
      return found
    },
    keep,
    forget(purpose, id) {
      held.get(`${purpose}/${id}`)?.drop()
      held.delete(`${purpose}/${id}`)
    },
    drop() {
      for (const lent of held.values()) lent.drop()
      held.clear()
    },
  }
}

/** The versions that were lent, newest last. */
export function versionsOf(
  rows: readonly KeyRow[],
  lentKeys: ReadonlyMap<string, KeyObject>,
): VersionedKey[] {
  return rows
    .flatMap(({ id, version, state }) => {
      const key = lentKeys.get(id)
      return key ? [{ id, version, key, isRetired: state === 'retired' }] : []
    })
    .sort((a, b) => a.version - b.version)
}
