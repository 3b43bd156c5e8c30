// Passwords of database logins: derived, never stored; and which socket may ask for which.
import { deriveBytes } from '#core/keys/subkey.ts'
import type { KeeperCaller } from '#protocol/keeper/keeper.schema.ts'
import { scramVerifier } from './scram-verifier.ts'
import type { LiveKey } from './state.ts'

const TENANT_LOGIN = /^t_[a-z2-7]{13}(_people)?$/
const systemLogins = ['migrator', 'sealer', 'dispatcher', 'router', 'registrar', 'replicator', 'mover']
const ownLogins: Record<KeeperCaller, readonly string[]> = {
  web: ['router'],
  worker: ['router'],
  cell: ['migrator', 'sealer', 'dispatcher', 'registrar'],
  backup: ['replicator'],
  up: [],
}

/** Whether a process may open connections as this login. */
export function mayLogIn(caller: KeeperCaller, role: string): boolean {
  if (caller === 'web' || caller === 'worker')
    return TENANT_LOGIN.test(role) || ownLogins[caller].includes(role)
  return ownLogins[caller].includes(role)
}

/** Whether a process may create this login: `up` the system's, the cell process also tenants'. */
export function mayCreateLogin(caller: KeeperCaller, role: string): boolean {
  if (caller !== 'up' && caller !== 'cell') return false
  return systemLogins.includes(role) || (caller === 'cell' && TENANT_LOGIN.test(role))
}

/** 256 bits as base64url. */
export function loginPassword({ key, version }: LiveKey, region: string, role: string): string {
  return deriveBytes(key, 'login', region, role, String(version)).toString('base64url')
}

/** The same every time, so that creating a login twice changes nothing. */
export function loginVerifier(live: LiveKey, region: string, role: string): string {
  const salt = deriveBytes(live.key, 'salt', region, role, String(live.version)).subarray(0, 16)
  return scramVerifier(loginPassword(live, region, role), salt, 1)
}
