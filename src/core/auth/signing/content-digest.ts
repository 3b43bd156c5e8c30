// Content-Digest (RFC 9530): digests of the body as it is on the wire.
import { hash, timingSafeEqual } from 'node:crypto'
import {
  isInnerList,
  NotStructured,
  parseDictionary,
  serializeDictionary,
} from '../../net/structured-fields.ts'
import type { Digests } from './signature-claim.ts'
import { SignatureRefused } from './signature-refused.ts'

const HASHES: ReadonlyMap<string, string> = new Map([
  ['sha-256', 'sha256'],
  ['sha-512', 'sha512'],
])

/** The digests a field states, by the hash's name in node:crypto. Those of other hashes are ignored; without one of ours it is refused. */
export function readContentDigest(line: string): Digests {
  const digests = new Map<string, Buffer>()
  try {
    for (const [name, member] of parseDictionary(line)) {
      const hashName = HASHES.get(name)
      if (hashName === undefined) continue
      if (isInnerList(member) || member.bare.type !== 'bytes') throw new SignatureRefused('form')
      digests.set(hashName, member.bare.value)
    }
  } catch (cause) {
    if (cause instanceof NotStructured) throw new SignatureRefused('form', { cause })
    throw cause
  }
  if (digests.size === 0) throw new SignatureRefused('form')
  return digests
}

/** Whether every stated digest is that of the body. */
export function areDigests(stated: Digests, taken: Digests): boolean {
  return [...stated].every(([name, digest]) => {
    const other = taken.get(name)
    return other !== undefined && other.length === digest.length && timingSafeEqual(other, digest)
  })
}

/** The field for a body that is sent. */
export function contentDigest(body: Uint8Array | string): string {
  const value = hash('sha256', body, 'buffer')
  return serializeDictionary(
    new Map([['sha-256', { bare: { type: 'bytes', value }, parameters: new Map() }]]),
  )
}
