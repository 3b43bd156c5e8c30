// Where a tenant lives and which tenant a mail domain belongs to. Reads the directory; knows no name and no address.
// Must stay true: a domain is looked up by its HMAC only; what is not in the directory does not exist.
import { domainToASCII } from 'node:url'
import type { Kysely } from 'kysely'
import type { CellPlace, RegionPlace } from '../config.ts'
import type { DirectoryTables } from '../db/tables.gen.ts'
import type { RegionKeys } from '../keys/region-keys.ts'

/** A tenant's place. */
export interface TenantPlace {
  readonly tenant: string
  readonly region: RegionPlace
  readonly cell: CellPlace
}

export interface DirectoryOptions {
  readonly db: Kysely<DirectoryTables>
  readonly keys: RegionKeys
  readonly regions: readonly RegionPlace[]
}

/** Looks up tenants. A place once seen is remembered: tenants do not move while processes run, and of one that ended nothing is left to reach. */
export class Directory {
  readonly #options: DirectoryOptions
  readonly #places = new Map<string, TenantPlace>()

  constructor(options: DirectoryOptions) {
    this.#options = options
  }

  /** The tenant's place, or undefined when there is no such tenant. */
  async find(tenant: string): Promise<TenantPlace | undefined> {
    const known = this.#places.get(tenant)
    if (known) return known
    const row = await this.#options.db
      .selectFrom('directory.route')
      .select(['region', 'cell'])
      .where('tenant', '=', tenant)
      .executeTakeFirst()
    const region = this.#options.regions.find((place) => place.name === row?.region)
    const cell = region?.cells.find((place) => place.name === row?.cell)
    if (!region || !cell) return undefined
    const place = { tenant, region, cell }
    if (this.#places.size >= 100_000) this.#places.clear()
    this.#places.set(tenant, place)
    return place
  }

  /** Looks this tenant up anew from now on. */
  forget(tenant: string): void {
    this.#places.delete(tenant)
  }

  /** The tenant a mail domain belongs to, or undefined. */
  async findByDomain(domain: string): Promise<TenantPlace | undefined> {
    const row = await this.#options.db
      .selectFrom('directory.domain')
      .select('tenant')
      .where('domain_blind', '=', await this.blindDomain(domain))
      .executeTakeFirst()
    return row ? this.find(row.tenant) : undefined
  }

  /** HMAC-SHA256 of the domain in its ASCII, lower-case form. */
  blindDomain(domain: string): Promise<Buffer> {
    return this.#options.keys.blind('domain', domainToASCII(domain).toLowerCase())
  }
}
