// The refusal of a limit: which one it was, and when to come back.
import { PublicError } from '../errors.ts'

/** `too_many_requests` with what the answer's headers say. */
export class LimitReached extends PublicError {
  /** Seconds. */
  readonly retryAfter: number
  readonly fields: Readonly<Record<string, string>>

  constructor(limit: string, retryAfter: number, fields: Readonly<Record<string, string>> = {}) {
    super('too_many_requests', undefined, { details: { limit, retryAfter } })
    this.retryAfter = retryAfter
    this.fields = fields
  }
}
