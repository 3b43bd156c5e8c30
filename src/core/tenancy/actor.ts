// Who acts, for whom, from where. Made by the server from a credential, or by the worker for a job.

/** Where a request came from. Personal: sealed wherever it is stored. */
export interface Origin {
  readonly ip: string
  readonly userAgent: string
}

/** Who does something in one tenant. Ids are UUIDs. */
export interface Actor {
  readonly tenant: string
  readonly region: string
  readonly kind: 'person' | 'key' | 'system'
  readonly personId: string | null
  /** The session or API key that proved it. */
  readonly credentialId: string | null
  readonly role: 'owner' | 'administrator' | 'member' | 'system'
  readonly permissions: ReadonlySet<string>
  /** Products whose storage the organisation accepted. */
  readonly storage: ReadonlySet<string>
  readonly origin: Origin
  readonly requestId: string
  readonly onBehalfOf: string | null
}
