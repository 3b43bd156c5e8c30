// What was signed once and may not come again, in the tenant's own schema, so that every process knows.
// Must stay true: written only for a signature that was proved, and on disk before the request does anything.
import { hash } from 'node:crypto'
import type { OpenTenant } from '../../tenancy/tenant-connections.ts'

/** How long a row is kept behind the end of its signature: a clock that was set on and back again must not open a replay. */
const KEPT_MS = 24 * 3_600_000
/** How often one process clears what has ended, for each tenant. */
const CLEAR_EVERY_MS = 60_000

export interface Spending {
  /** The key, and what it may use once: a nonce, or the signature itself. */
  readonly key: string
  readonly once: string
  readonly expiresAt: Date
}

/** Marks signatures as used. */
export class SpentSignatures {
  readonly #cleared = new Map<string, number>()

  /** Whether this was the first use. */
  async spend(opened: OpenTenant, { key, once, expiresAt }: Spending, now: Date): Promise<boolean> {
    const db = opened.db('activity')
    const digest = hash('sha256', `${key}\0${once}`, 'buffer')
    const row = await db
      .insertInto('spent_signature')
      .values({ digest, ends_at: new Date(expiresAt.getTime() + KEPT_MS) })
      .onConflict((conflict) => conflict.doNothing())
      .returning('ends_at')
      .executeTakeFirst()
    await this.#clear(opened, now)
    return row !== undefined
  }

  async #clear(opened: OpenTenant, now: Date): Promise<void> {
    const { tenant } = opened.place
    const before = this.#cleared.get(tenant) ?? 0
    if (Math.abs(now.getTime() - before) < CLEAR_EVERY_MS) return
    if (this.#cleared.size >= 2_000) this.#cleared.clear()
    this.#cleared.set(tenant, now.getTime())
    await opened.db('activity').deleteFrom('spent_signature').where('ends_at', '<', now).execute()
  }
}
