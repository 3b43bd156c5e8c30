// One attempt: signs the message, calls the address through the one door, and says what came of it.
// Must stay true: follows nothing, waits 15 s at most, reads no more of the answer than is kept.
import type { Readable } from 'node:stream'
import { cleanLine } from '../clean-line.ts'
import { PublicError } from '../errors.ts'
import type { Outbound } from '../net/outbound/outbound.ts'
import { signedHeaders } from './sign-delivery.ts'

/** Kept of an answer, bytes. */
const LONGEST_ANSWER = 1_024

/** What came of an attempt. */
export interface AttemptEnd {
  /** `delivered`, `answered` with another status, or the code of a problem. */
  readonly outcome: string
  /** Where it was tried. */
  readonly url: string
  readonly status: number | null
  readonly milliseconds: number
  readonly answer: string | null
}

export interface Attempt {
  readonly region: string
  readonly url: string
  /** The id of the message, the same at every attempt. */
  readonly id: string
  readonly body: string
  readonly secrets: readonly string[]
  readonly at: Date
  readonly signal: AbortSignal
}

/** Attempts. Throws only when it was called off. */
export async function attemptDelivery(outbound: Outbound, attempt: Attempt): Promise<AttemptEnd> {
  const { region, url, body, signal } = attempt
  const begun = performance.now()
  const took = (): number => Math.round(performance.now() - begun)
  try {
    const headers = { 'content-type': 'application/json', ...signedHeaders(attempt) }
    const answer = await outbound.call({ kind: 'webhook', region, url, headers, body, signal })
    const isIn = answer.status >= 200 && answer.status <= 299
    const text = await beginningOf(answer.body)
    return {
      outcome: isIn ? 'delivered' : 'answered',
      url,
      status: answer.status,
      milliseconds: took(),
      answer: text === '' ? null : text,
    }
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof PublicError)) throw error
    return { outcome: error.code, url, status: null, milliseconds: took(), answer: null }
  }
}

/** The status is what counts: a body that breaks off or is too slow tells as much as came. */
async function beginningOf(body: Readable): Promise<string> {
  const pieces: Buffer[] = []
  let length = 0
  try {
    for await (const piece of body) {
      if (!Buffer.isBuffer(piece)) continue
      pieces.push(piece)
      length += piece.length
      if (length >= LONGEST_ANSWER) break
    }
  } catch (error) {
    if (!(error instanceof PublicError)) throw error
  } finally {
    body.destroy()
  }
  return cleanLine(Buffer.concat(pieces).subarray(0, LONGEST_ANSWER).toString('utf8'), LONGEST_ANSWER)
}
