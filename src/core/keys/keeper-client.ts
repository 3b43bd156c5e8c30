// One connection to the keeper: questions are pipelined, a lost connection is dialled again.
// Must stay true: a question is answered, or fails with `keeper_unavailable` within its time-out; none is sent twice.
import type {
  KeeperAnswer,
  KeeperErrorCode,
  KeeperOp,
  KeeperQuestion,
} from '#protocol/keeper/keeper.schema.ts'

/** The keeper as its callers see it. */
export interface KeeperClient {
  /**
   * Asks one op. Throws PublicError `keeper_unavailable` when the keeper does not answer in time,
   * KeeperRefusal when it answers that it will not (a bug or an attack).
   */
  ask<O extends KeeperOp>(op: O, question: KeeperQuestion<O>): Promise<KeeperAnswer<O>>
  close(): void
}

/** The keeper's answer was no. */
export class KeeperRefusal extends Error {
  override name = 'KeeperRefusal'
  readonly code: KeeperErrorCode
  constructor(code: KeeperErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

export interface KeeperClientOptions {
  socket: string
  /** Milliseconds until a question fails; 5000 by default. */
  timeout?: number
}

/** Dials when first asked. */
export function openKeeperClient(_options: KeeperClientOptions): KeeperClient {
  throw new Error('not written yet')
}
