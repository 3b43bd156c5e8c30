// The personal part of an event: sealed under the person's key, committed to by a salted hash in the event.
// Must stay true: salt and text exist in clear only in memory, so destroying the key leaves a hash nobody can try guesses on.
import { hash as sha256 } from 'node:crypto'
import { PublicError } from '../errors.ts'
import { openBytes, sealBytes, sealedVersion } from '../keys/aead.ts'
import { SealBroken } from '../keys/seal-broken.ts'
import { keyOfVersion, type SubjectKey } from '../keys/subject-key.ts'
import { takeRandom } from '../random-pool.ts'

/** Where a request came from, and a name somebody typed that belongs to no known person. */
export interface Personal {
  readonly ip?: string
  readonly userAgent?: string
  readonly name?: string
}

/** What the audit log needs of a tenant's lent keys. */
export interface AuditKeys {
  readonly tenant: string
  seal(store: 'activity', table: string, row: string, column: string, value: unknown): Buffer
  open<T>(store: 'activity', table: string, row: string, column: string, sealed: Uint8Array): T
  subject(purpose: 'person', id: string): Promise<SubjectKey>
}

/** A personal part opened: its canonical text, and the salt that with it gives the hash. */
export interface OpenedPersonal {
  readonly text: string
  /** base64url, 32 bytes. */
  readonly salt: string
}

/** `none`: the event has no personal part. `erased`: its key was destroyed, or it was deleted. `damaged`: it does not open. */
export type PersonalState = 'open' | 'none' | 'erased' | 'damaged'

const LONGEST = 1024
const SALT = 32
const SALT_TEXT = 43

/** Written anew by each hash; whoever verifies a log makes a million of them. */
const scratch = Buffer.alloc(SALT + 3 * LONGEST)

/**
 * SHA-256(salt || text) in hex: what an event commits to. Null when the salt has not 32 bytes: with a free border
 * between the two, another text would have the same hash.
 */
export function personalHash({ salt, text }: OpenedPersonal): string | null {
  const needed = SALT + 3 * text.length
  const bytes = needed <= scratch.length ? scratch : Buffer.allocUnsafe(needed)
  if (salt.length !== SALT_TEXT || bytes.write(salt, 'base64url') !== SALT) return null
  return sha256('sha256', bytes.subarray(0, SALT + bytes.write(text, SALT)), 'hex')
}

function hashOf(salt: Buffer, text: string): Buffer {
  const bytes = Buffer.allocUnsafe(SALT + 3 * text.length)
  salt.copy(bytes)
  return sha256('sha256', bytes.subarray(0, SALT + bytes.write(text, SALT)), 'buffer')
}

/** The canonical text of what there is; null when that is nothing. */
function textOf({ ip, name, userAgent }: Personal): string | null {
  const members: string[] = []
  // In canonical order, and by hand: every request passes here.
  if (ip) members.push(`"ip":${kept(ip)}`)
  if (name) members.push(`"name":${kept(name)}`)
  if (userAgent) members.push(`"userAgent":${kept(userAgent)}`)
  return members.length === 0 ? null : `{${members.join(',')}}`
}

function kept(value: string): string {
  return JSON.stringify(value.slice(0, LONGEST).toWellFormed())
}

/**
 * Seals the personal part of an event under the key of `person`, or under the tenant's field key when there is none.
 * Null when there is nothing to seal, or the person's key was destroyed: an erased person leaves no new traces.
 */
export async function sealPersonal(
  keys: AuditKeys,
  event: string,
  person: string | null,
  personal: Personal,
): Promise<{ sealed: Buffer; hash: Buffer } | null> {
  const text = textOf(personal)
  if (text === null) return null
  const salt = takeRandom(SALT)
  const hash = hashOf(salt, text)
  const opened: OpenedPersonal = { text, salt: salt.toString('base64url') }
  if (person === null) return { sealed: keys.seal('activity', 'audit', event, 'personal', opened), hash }
  const key = await personKey(keys, person)
  if (!key) return null
  const { current } = key
  return {
    sealed: sealBytes(current.key, current.version, place(keys.tenant, event), JSON.stringify(opened)),
    hash,
  }
}

/** Opens what `sealPersonal` sealed; says why when it cannot. */
export async function openPersonal(
  keys: AuditKeys,
  event: string,
  person: string | null,
  sealed: Buffer,
): Promise<{ state: 'open'; opened: OpenedPersonal } | { state: 'erased' | 'damaged' }> {
  if (person === null)
    return damagedWhenBroken(() => keys.open('activity', 'audit', event, 'personal', sealed))
  const key = await personKey(keys, person)
  if (!key) return { state: 'erased' }
  // The log keeps what was sealed under older versions as it was.
  return damagedWhenBroken(() =>
    JSON.parse(
      openBytes(keyOfVersion(key, sealedVersion(sealed)), place(keys.tenant, event), sealed).toString(),
    ),
  )
}

async function personKey(keys: AuditKeys, person: string): Promise<SubjectKey | null> {
  try {
    return await keys.subject('person', person)
  } catch (error) {
    if (error instanceof PublicError && error.code === 'gone') return null
    throw error
  }
}

/** One event that was tampered with must not hide the others of a list, so it is shown as damaged instead of thrown. */
function damagedWhenBroken(
  open: () => OpenedPersonal,
): { state: 'open'; opened: OpenedPersonal } | { state: 'damaged' } {
  try {
    return { state: 'open', opened: open() }
  } catch (error) {
    if (error instanceof SealBroken) return { state: 'damaged' }
    throw error
  }
}

/** Binds the ciphertext to its place, as the field format does. */
function place(tenant: string, event: string): string {
  return `${tenant}\0activity.audit\0${event}\0personal`
}
