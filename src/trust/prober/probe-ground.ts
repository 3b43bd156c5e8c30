// What the prober stands on, and what it knows of a canary. Types only; the edge that runs the prober gives the parts.
import type { BlobStore } from '#core/blobs/blob-store.ts'
import type { Ctx } from '#core/ctx.ts'
import type { KeeperClient } from '#core/keys/keeper-client.ts'
import type { TenantKeys } from '#core/keys/tenant-keys.ts'
import type { Product } from '#core/product.ts'
import type { OpenTenant } from '#core/tenancy/tenant-connections.ts'

export type Store = 'activity' | 'people'

/** One request to the web of this installation, in a region of it. */
export interface WebQuestion {
  readonly region: string
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}

export interface WebAnswer {
  readonly status: number
  readonly text: string
}

/** Asks the web. Throws when it does not answer. */
export type AskWeb = (question: WebQuestion) => Promise<WebAnswer>

/** A prober passes the door on purpose, as code with a mistake in it would; so the edge hands it what lies behind. */
export interface ProbeGround {
  readonly ctx: Ctx
  readonly region: string
  /** The connections and keys of a tenant; asked for the two canaries only. */
  readonly reach: (tenant: string) => Promise<OpenTenant>
  /** The store of the region and the folder it keeps. */
  readonly blobs: BlobStore
  readonly blobRoot: string
  /** The socket of the process that runs the prober; it may ask nothing more. */
  readonly keeper: KeeperClient
  readonly products: readonly Product[]
  readonly ask: AskWeb
}

export interface Relation {
  readonly schema: string
  readonly name: string
  readonly isSequence: boolean
}

export interface Canary {
  readonly tenant: string
  readonly opened: OpenTenant
  readonly keys: TenantKeys
  readonly apiKey: string
  readonly session: string
  readonly word: string
  /** Its tables, views and sequences. */
  readonly relations: readonly Relation[]
  /** UUIDs of its records by table, newest first. */
  readonly ids: ReadonlyMap<string, readonly string[]>
  /** Ids of its blobs. */
  readonly blobs: readonly string[]
  /** A seal code of one of its records; undefined until its log is sealed. */
  readonly sealCode: string | undefined
}
