// The Ed25519 keys of tenants' audit logs, and the only text they sign.
import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import { deriveBytes } from '#core/keys/subkey.ts'
import { logOrigin } from '#protocol/keeper/log-origin.ts'
import type { LiveKey } from './state.ts'
import type { TenantPlace } from './wrap.ts'

// PKCS #8 in front of an Ed25519 seed (RFC 8410).
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')

/** Whether the text is a checkpoint (C2SP tlog-checkpoint, no extension lines) of exactly this tenant's log. */
export function isCheckpointOf({ region, tenant }: TenantPlace, note: string): boolean {
  const [origin, size, root, end, ...rest] = note.split('\n')
  return (
    origin === logOrigin(region, tenant) &&
    /^(0|[1-9]\d{0,15})$/.test(size ?? '') &&
    /^[A-Za-z0-9+/]{43}=$/.test(root ?? '') &&
    Buffer.from(root ?? '', 'base64').toString('base64') === root &&
    end === '' &&
    rest.length === 0
  )
}

/** 64 bytes, base64. */
export function signNote(live: LiveKey, place: TenantPlace, note: string): string {
  return sign(null, Buffer.from(note), signingKey(live, place)).toString('base64')
}

/** The 32 raw bytes of the public key, base64. */
export function publicLogKey(live: LiveKey, place: TenantPlace): string {
  const { x } = createPublicKey(signingKey(live, place)).export({ format: 'jwk' })
  return Buffer.from(x ?? '', 'base64url').toString('base64')
}

function signingKey({ key, version }: LiveKey, { tenant }: TenantPlace): KeyObject {
  const seed = deriveBytes(key, 'log', tenant, String(version))
  const der = Buffer.concat([PKCS8, seed])
  const signing = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  seed.fill(0)
  der.fill(0)
  return signing
}
