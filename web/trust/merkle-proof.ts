// Checks, in the browser, what the server claims about its log: RFC 6962 inclusion and consistency, and the signature
// of a C2SP checkpoint (signed note, Ed25519). Must stay true: pure, WebCrypto only, trusts no field it did not compute.

export type Bytes = Uint8Array<ArrayBuffer>

export function bytesOfHex(text: string): Bytes {
  if (!/^([0-9a-f]{2})*$/i.test(text)) throw new ProofBroken('not_hex')
  return Uint8Array.from({ length: text.length / 2 }, (_, at) =>
    Number.parseInt(text.slice(at * 2, at * 2 + 2), 16),
  )
}

export function hexOfBytes(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

export function bytesOfBase64(text: string): Bytes {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))
}

/** A proof that does not hold; `reason` names the check that failed. */
export class ProofBroken extends Error {
  readonly reason: string
  constructor(reason: string) {
    super(reason)
    this.name = 'ProofBroken'
    this.reason = reason
  }
}

async function sha256(...parts: Uint8Array[]): Promise<Bytes> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return new Uint8Array(await crypto.subtle.digest('SHA-256', whole))
}

function same(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, at) => byte === right[at])
}

/** SHA-256(0x00 || leaf), the hash of a leaf by RFC 6962 2.1. */
export function hashLeaf(leaf: string): Promise<Bytes> {
  return sha256(Uint8Array.of(0), new TextEncoder().encode(leaf))
}

/** SHA-256(0x01 || left || right). */
export function hashNode(left: Uint8Array, right: Uint8Array): Promise<Bytes> {
  return sha256(Uint8Array.of(1), left, right)
}

/** The root of a tree without leaves: SHA-256 of nothing, in hex. */
const EMPTY_ROOT = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

/** One step from a leaf to the root: the neighbour's side and hash, and what the two give. */
export interface PathStep {
  side: 'left' | 'right'
  neighbour: string
  result: string
}

/**
 * Walks from a leaf to the root (RFC 9162 2.1.3.2) and answers every step.
 * Throws ProofBroken `position`, `path_length` when the path cannot belong to this position and size.
 */
export async function walkInclusion(
  leafHash: Bytes,
  position: number,
  size: number,
  hashes: string[],
): Promise<PathStep[]> {
  if (!Number.isSafeInteger(position) || position < 0 || position >= size) throw new ProofBroken('position')
  const steps: PathStep[] = []
  let index = position
  let last = size - 1
  let current = leafHash
  for (const text of hashes) {
    if (last === 0) throw new ProofBroken('path_length')
    const neighbour = bytesOfHex(text)
    const fromLeft = index % 2 === 1 || index === last
    if (fromLeft) {
      current = await hashNode(neighbour, current)
      while (index % 2 === 0 && index !== 0) {
        index = Math.floor(index / 2)
        last = Math.floor(last / 2)
      }
    } else current = await hashNode(current, neighbour)
    steps.push({ side: fromLeft ? 'left' : 'right', neighbour: text, result: hexOfBytes(current) })
    index = Math.floor(index / 2)
    last = Math.floor(last / 2)
  }
  if (last !== 0) throw new ProofBroken('path_length')
  return steps
}

/** True when the tree of `from` leaves with `fromRoot` is the beginning of that of `to` leaves with `toRoot` (RFC 9162 2.1.4.2). */
export async function isConsistent(
  from: { size: number; root: string },
  to: { size: number; root: string },
  hashes: string[],
): Promise<boolean> {
  if (!Number.isSafeInteger(from.size) || from.size < 0 || from.size > to.size) return false
  if (from.size === 0 && from.root !== EMPTY_ROOT) return false
  if (from.size === to.size) return hashes.length === 0 && from.root === to.root
  if (![from.root, to.root, ...hashes].every((hash) => /^[0-9a-f]{64}$/.test(hash))) return false
  if (from.size === 0) return hashes.length === 0
  const path = hashes.map(bytesOfHex)
  const isPower = 2 ** Math.floor(Math.log2(from.size)) === from.size
  if (isPower) path.unshift(bytesOfHex(from.root))
  const first = path.shift()
  if (!first) return false
  let index = from.size - 1
  let last = to.size - 1
  while (index % 2 === 1) {
    index = Math.floor(index / 2)
    last = Math.floor(last / 2)
  }
  let oldRoot = first
  let newRoot = first
  for (const neighbour of path) {
    if (last === 0) return false
    if (index % 2 === 1 || index === last) {
      oldRoot = await hashNode(neighbour, oldRoot)
      newRoot = await hashNode(neighbour, newRoot)
      while (index % 2 === 0 && index !== 0) {
        index = Math.floor(index / 2)
        last = Math.floor(last / 2)
      }
    } else newRoot = await hashNode(newRoot, neighbour)
    index = Math.floor(index / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 && hexOfBytes(oldRoot) === from.root && hexOfBytes(newRoot) === to.root
}

export interface Checkpoint {
  origin: string
  size: number
  root: string
}

/** Reads a signed note whose text is a C2SP tlog-checkpoint, and checks its signature with the verifier key. */
export async function openCheckpoint(note: string, verifierKey: string): Promise<Checkpoint> {
  const split = note.indexOf('\n\n')
  if (split < 0) throw new ProofBroken('note_form')
  const text = note.slice(0, split + 1)
  const [origin = '', sizeText = '', rootText = ''] = text.split('\n')
  if (origin === '' || !/^(0|[1-9]\d*)$/.test(sizeText)) throw new ProofBroken('note_form')
  const [name = '', keyHash = '', ...keyParts] = verifierKey.split('+')
  const key = bytesOfBase64(keyParts.join('+'))
  if (key.length !== 33 || key[0] !== 1) throw new ProofBroken('key_form')
  const expected = (await sha256(new TextEncoder().encode(`${name}\n`), key)).slice(0, 4)
  if (hexOfBytes(expected) !== keyHash) throw new ProofBroken('key_hash')
  const signature = note
    .slice(split + 2)
    .split('\n')
    .map((line) => /^\u2014 (\S+) (\S+)$/.exec(line))
    .filter((match) => match?.[1] === name)
    .map((match) => bytesOfBase64(match?.[2] ?? ''))
    .find((bytes) => same(bytes.slice(0, 4), expected))
  if (!signature) throw new ProofBroken('signature_missing')
  const publicKey = await crypto.subtle.importKey('raw', key.slice(1), { name: 'Ed25519' }, false, ['verify'])
  const holds = await crypto.subtle.verify(
    'Ed25519',
    publicKey,
    signature.slice(4),
    new TextEncoder().encode(text),
  )
  if (!holds) throw new ProofBroken('signature')
  return { origin, size: Number(sizeText), root: hexOfBytes(bytesOfBase64(rootText)) }
}

export interface ClaimedProof {
  event: string
  position: number
  size: number
  hashes: string[]
  checkpoint: string
  key: string
}

export interface CheckedProof {
  leafHash: string
  steps: PathStep[]
  checkpoint: Checkpoint
}

/** Checks one event against a signed checkpoint; throws ProofBroken with the check that failed. */
export async function checkProof(claim: ClaimedProof): Promise<CheckedProof> {
  const checkpoint = await openCheckpoint(claim.checkpoint, claim.key)
  if (checkpoint.size !== claim.size) throw new ProofBroken('size')
  const leaf = await hashLeaf(claim.event)
  const steps = await walkInclusion(leaf, claim.position, claim.size, claim.hashes)
  const root = steps.at(-1)?.result ?? hexOfBytes(leaf)
  if (root !== checkpoint.root) throw new ProofBroken('root')
  return { leafHash: hexOfBytes(leaf), steps, checkpoint }
}
