// Signed tree heads: C2SP tlog-checkpoint in a C2SP signed-note with an Ed25519 key, and their offline verification.
// Must stay true: this file never holds a private key; it asks for signatures and checks them.
import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto'

/** Signs the text of a checkpoint with the log key of the tenant: the raw 64-byte Ed25519 signature, and the raw public key. */
export type SignCheckpoint = (
  tenant: string,
  text: string,
) => Promise<{ readonly signature: Uint8Array; readonly publicKey: Uint8Array }>

/** What a checkpoint says. */
export interface TreeHead {
  readonly origin: string
  readonly size: number
  readonly root: Buffer
}

/** A public key in the text form of signed notes, `name+id+key`, read. */
export interface VerifierKey {
  readonly name: string
  readonly id: Buffer
  readonly key: KeyObject
}

/** The text is no checkpoint, or no signature of the key holds. `message` says which. */
export class CheckpointBroken extends Error {
  override readonly name = 'CheckpointBroken'
}

const ED25519 = 1
const SPKI_ED25519 = Buffer.from('302a300506032b6570032100', 'hex')

/** The vkey text of a raw 32-byte Ed25519 public key: `name+hex(id)+base64(0x01 || key)`. */
export function encodeVerifierKey(name: string, publicKey: Uint8Array): string {
  const typed = Buffer.concat([Uint8Array.of(ED25519), publicKey])
  return `${name}+${keyId(name, typed).toString('hex')}+${typed.toString('base64')}`
}

/** Reads a vkey. Throws CheckpointBroken when it is none, its id does not fit it, or it is not Ed25519. */
export function parseVerifierKey(vkey: string): VerifierKey {
  const [, name, id, body] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/.exec(vkey.trim()) ?? []
  if (!name || !id || !body) throw new CheckpointBroken('this is not a verifier key (name+id+base64)')
  const typed = Buffer.from(body, 'base64')
  if (typed[0] !== ED25519 || typed.length !== 33)
    throw new CheckpointBroken('the verifier key is not an Ed25519 key')
  if (keyId(name, typed).toString('hex') !== id)
    throw new CheckpointBroken('the id of the verifier key does not fit it')
  const der = Buffer.concat([SPKI_ED25519, typed.subarray(1)])
  return { name, id: Buffer.from(id, 'hex'), key: createPublicKey({ key: der, format: 'der', type: 'spki' }) }
}

/** The signed note over a tree head. The key name is the origin. */
export async function createCheckpoint(
  head: TreeHead,
  sign: (text: string) => ReturnType<SignCheckpoint>,
): Promise<{ note: string; key: string }> {
  const text = `${head.origin}\n${head.size}\n${head.root.toString('base64')}\n`
  const { signature, publicKey } = await sign(text)
  const key = encodeVerifierKey(head.origin, publicKey)
  const line = Buffer.concat([parseVerifierKey(key).id, signature]).toString('base64')
  return { note: `${text}\n— ${head.origin} ${line}\n`, key }
}

/**
 * Checks a signed checkpoint with one public key, as the signed-note specification says: signatures of other keys are
 * ignored, one of this key must hold. Returns what it says. Throws CheckpointBroken with the reason.
 */
export function verifyCheckpoint(note: string, vkey: VerifierKey): TreeHead {
  const split = note.lastIndexOf('\n\n')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the specification forbids them in a note
  if (split < 0 || !note.endsWith('\n') || /[\u0000-\u0009\u000b-\u001f]/.test(note))
    throw new CheckpointBroken('the checkpoint is not a signed note')
  const text = note.slice(0, split + 1)
  const lines = note.slice(split + 2, -1).split('\n')
  if (lines.length > 100) throw new CheckpointBroken('the checkpoint has too many signatures')
  const signatures = lines.map((line) => {
    const [, name, body] = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/.exec(line) ?? []
    const bytes = Buffer.from(body ?? '', 'base64')
    if (!name || bytes.length < 5) throw new CheckpointBroken('the checkpoint has a malformed signature line')
    return { name, id: bytes.subarray(0, 4), signature: bytes.subarray(4) }
  })
  const ours = signatures.filter(({ name, id }) => name === vkey.name && id.equals(vkey.id))
  if (ours.length === 0) throw new CheckpointBroken(`the checkpoint is not signed by the key ${vkey.name}`)
  if (!ours.every(({ signature }) => verify(null, Buffer.from(text), vkey.key, signature)))
    throw new CheckpointBroken('the signature of the checkpoint does not hold')
  return parseTreeHead(text)
}

/** The vkey among these whose signature is on the checkpoint (not checked here). Undefined when none is. */
export function signingKey(note: string, vkeys: readonly string[]): string | undefined {
  return vkeys.find((vkey) => {
    const { name, id } = parseVerifierKey(vkey)
    const lines = note.slice(note.lastIndexOf('\n\n') + 2).split('\n')
    return lines.some(
      (line) =>
        line.startsWith(`— ${name} `) &&
        Buffer.from(line.slice(name.length + 3), 'base64')
          .subarray(0, 4)
          .equals(id),
    )
  })
}

/** Reads origin, size and root out of a checkpoint without judging its signatures. */
export function parseTreeHead(note: string): TreeHead {
  const [origin, size, root] = note.split('\n')
  const hashed = Buffer.from(root ?? '', 'base64')
  if (!origin || !/^(0|[1-9]\d*)$/.test(size ?? '') || !Number.isSafeInteger(Number(size)))
    throw new CheckpointBroken('the checkpoint does not state an origin and a size')
  if (hashed.length !== 32 || hashed.toString('base64') !== root)
    throw new CheckpointBroken('the checkpoint does not state a root hash')
  return { origin, size: Number(size), root: hashed }
}

function keyId(name: string, typed: Uint8Array): Buffer {
  return hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), typed]), 'buffer').subarray(0, 4)
}
