// What was asked without a tenant (public pages, refused credentials), counted per address and minute in the region's log.
// Must stay true: a flood costs one row a minute and address (of IPv6 its /64, from which one sender has any number), and one statement at a time; addresses are sealed.
import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import type { CellTables } from '../db/tables.gen.ts'
import type { RegionKeys } from '../keys/region-keys.ts'
import { addressKey } from '../limits/address-key.ts'
import type { Clock } from '../time.ts'

export interface VisitLogOptions {
  readonly db: (region: string) => Kysely<CellTables>
  readonly keys: (region: string) => RegionKeys
  readonly now: Clock
}

interface Count {
  readonly region: string
  readonly minute: number
  readonly ip: string
  readonly reason: string
  count: number
}

/** Counts visits; {@link VisitLog.count} resolves when the count is stored. */
export class VisitLog {
  readonly #options: VisitLogOptions
  #waiting = new Map<string, Count>()
  #flush: Promise<void> | undefined
  #next: Promise<void> | undefined

  constructor(options: VisitLogOptions) {
    this.#options = options
  }

  /** Counts one visit. `reason` is the operation and its outcome, never anything the visitor typed. */
  count(region: string, address: string, reason: string): Promise<void> {
    const minute = Math.floor(this.#options.now().getTime() / 60_000)
    const ip = addressKey(address)
    const key = `${region}\0${minute}\0${ip}\0${reason}`
    const known = this.#waiting.get(key)
    if (known) known.count++
    else this.#waiting.set(key, { region, minute, ip, reason, count: 1 })
    this.#next ??= (this.#flush ?? Promise.resolve())
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined
        this.#flush = this.#store()
        return this.#flush
      })
    return this.#next
  }

  async #store(): Promise<void> {
    const batch = [...this.#waiting.values()]
    this.#waiting = new Map()
    for (const visit of batch) {
      const keys = this.#options.keys(visit.region)
      const at = new Date(visit.minute * 60_000)
      const blind = await keys.blind('address', visit.ip)
      const sealed = await keys.seal('refusal', `${visit.minute}`, 'address', visit.ip)
      await sql`select cell.refuse(${at}, ${blind}, ${visit.reason}, ${sealed}, ${visit.count})`.execute(
        this.#options.db(visit.region),
      )
    }
  }
}
