// The signature of Standard Webhooks 1.0.0: HMAC-SHA256 over id, time and body, one for each live secret.
import { createHmac, createSecretKey, randomBytes } from 'node:crypto'

const PREFIX = 'whsec_'

/** A new secret, as receivers take it. */
export function newWebhookSecret(): string {
  return PREFIX + randomBytes(32).toString('base64')
}

/** What is signed, and with which secrets; `id` stays the same however often it is sent. */
export interface Signable {
  readonly id: string
  readonly at: Date
  readonly body: string
  readonly secrets: readonly string[]
}

/** The fields of a signed message. */
export function signedHeaders({ id, at, body, secrets }: Signable): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1000))
  const signatures = secrets.map((secret) => {
    const key = createSecretKey(Buffer.from(secret.slice(PREFIX.length), 'base64'))
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`
  })
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  }
}
