// The kinds of outbound calls there are, and what each may do. Nothing else leaves this house but mail, to the server that the operator entered.

/** What a kind of call is held to. */
export interface OutboundBounds {
  readonly schemes: readonly ('http:' | 'https:')[]
  readonly ports: readonly number[]
  readonly redirects: number
  /** Most bytes of an answer, as they come and unpacked. */
  readonly largest: number
  /** Milliseconds for the whole call, redirects included. */
  readonly wholeMs: number
}

/**
 * `capture`: to an address that somebody typed; carries nothing of anybody. `webhook`: to an address that the customer entered; carries ids.
 */
export const OUTBOUND_KINDS = {
  capture: {
    schemes: ['http:', 'https:'],
    ports: [80, 443, 8080, 8443],
    redirects: 5,
    largest: 100 * 2 ** 20,
    wholeMs: 600_000,
  },
  webhook: { schemes: ['https:'], ports: [443, 8443], redirects: 0, largest: 64 * 2 ** 10, wholeMs: 15_000 },
} as const satisfies Record<string, OutboundBounds>

export type OutboundKind = keyof typeof OUTBOUND_KINDS

/** Milliseconds for each step of a call, within the whole. */
export const STEP_MS = { resolve: 5_000, connect: 5_000, headers: 20_000 } as const
/** An answer brings so many bytes in every such time, or ends. */
export const SLOWEST = { bytes: 64 * 2 ** 10, everyMs: 20_000 } as const
