// Blobs as AWS Encryption SDK messages (format 2, committed suite 0x0478, 1 MiB frames), data key wrapped by the document's key.
// Must stay true: the context in clear holds opaque ids only; what opens is exactly the blob asked for; no byte leaves before its frame is proven.
// Keys, commitment and wrapping are the library's. The frames are laid out here, because its streams are half as fast, cannot
// start in the middle, and bring the process down when an upload breaks off (readable-stream 3 rethrows in a pipeline without callback).
import { type KeyObject, randomBytes } from 'node:crypto'
import {
  AlgorithmSuiteIdentifier,
  CommitmentPolicy,
  EncryptedDataKey,
  getDecryptionHelper,
  getEncryptHelper,
  NodeAlgorithmSuite,
  NodeDefaultCryptographicMaterialsManager,
} from '@aws-crypto/material-management-node'
import { RawAesKeyringNode, RawAesWrappingSuiteIdentifier } from '@aws-crypto/raw-aes-keyring-node'
import { SealBroken } from '../keys/seal-broken.ts'

/** Bytes of plaintext that are authenticated together. */
export const FRAME = 2 ** 20
/** Bytes around the plaintext of a full frame, and of the last one, which is never full. */
const AROUND = 4 + 12 + 16
const AROUND_LAST = 4 + 4 + 12 + 4 + 16
/** Bytes in front of the first frame; the same for every blob, because ids and keys have fixed lengths. */
export const HEAD = 250

const LAST = 0xffff_ffff
const FRAMED = 2
const TAG = 16
const namespace = 'panoply'
const keyName = 'document'
const suite = new NodeAlgorithmSuite(
  AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY,
)

/** Which blob. */
export interface BlobName {
  container: string
  blobId: string
}

/** One blob, and the key it is sealed under. */
export interface BlobPlace extends BlobName {
  key: KeyObject
}

/** One blob, and the keys of which one opens it. */
export interface SealedBlobPlace extends BlobName {
  keys: readonly KeyObject[]
}

export type FrameKind = 'full' | 'last'

/** Lays out one message. */
export interface BlobSealer {
  head: Buffer
  /** The next frame over pieces that make `FRAME` bytes together, or fewer for the last one; what it gives is written in order. */
  frame(plain: Buffer[], kind: FrameKind): Buffer[]
  dispose(): void
}

/** Opens single frames of one message; the header is proven already. */
export interface BlobOpener {
  /** Bytes of plaintext. */
  size: number
  frames: number
  /** Where a frame (from 0) stands in the file. */
  place(index: number): { position: number; length: number }
  /** Throws SealBroken. */
  frame(index: number, sealed: Buffer): Buffer
  dispose(): void
}

/** Bytes of a message over so many bytes of plaintext. */
export function messageLength(size: number): number {
  return HEAD + Math.floor(size / FRAME) * AROUND + AROUND_LAST + size
}

/** Begins a message under a fresh data key. What is sealed again keeps its message id, so that a reader knows it is the same. */
export async function sealBlob(
  place: BlobPlace,
  messageId: Uint8Array = randomBytes(32),
): Promise<BlobSealer> {
  const material = await materials(place.key).getEncryptionMaterials({
    suite,
    encryptionContext: contextOf(place),
    commitmentPolicy: CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT,
  })
  const { getCipherInfo, dispose } = getEncryptHelper(material)
  const { getCipher, keyCommitment } = getCipherInfo(messageId)
  const [dataKey] = material.encryptedDataKeys
  if (!dataKey || !keyCommitment) throw new Error('The suite commits to no key.')
  const plainHead = Buffer.concat([
    beginning(messageId, place),
    prefixed(dataKey.rawInfo ?? Buffer.alloc(0)),
    prefixed(dataKey.encryptedDataKey),
    framing(),
    keyCommitment,
  ])
  const cipher = getCipher(new Uint8Array(12)).setAAD(plainHead)
  cipher.final()
  const head = Buffer.concat([plainHead, cipher.getAuthTag()])
  if (head.length !== HEAD) throw new Error(`The header of a blob has ${head.length} bytes.`)
  let sequence = 0
  return {
    head,
    frame(plain, kind) {
      sequence += 1
      const length = plain.reduce((sum, piece) => sum + piece.length, 0)
      const front = frameFront(sequence, kind === 'last' ? length : null)
      const frameCipher = getCipher(nonceOf(sequence)).setAAD(frameContext(messageId, kind, sequence, length))
      const sealed = plain.map((piece) => frameCipher.update(piece))
      frameCipher.final()
      return [front, ...sealed, frameCipher.getAuthTag()]
    },
    dispose,
  }
}

/** The id a message was given when its plaintext was sealed first. */
export function messageIdOf(head: Buffer): Buffer {
  return head.subarray(3, 35)
}

/** Proves the header of a message against the blob that was asked for. Throws SealBroken. */
export async function openBlob(
  place: SealedBlobPlace,
  head: Buffer,
  fileLength: number,
): Promise<BlobOpener> {
  const body = fileLength - HEAD - AROUND_LAST
  const full = Math.floor(body / (FRAME + AROUND))
  const rest = body - full * (FRAME + AROUND)
  if (head.length !== HEAD || body < 0 || rest >= FRAME)
    throw new SealBroken('The blob was cut or lengthened.')
  const { messageId, dataKey, commitment } = readHead(place, head)
  const { getDecipher, dispose } = await unlockWithAny()

  async function unlockWithAny() {
    let failure: unknown
    for (const key of place.keys) {
      try {
        return await unlock(key)
      } catch (cause) {
        if (!(cause instanceof SealBroken)) throw cause
        failure = cause
      }
    }
    throw failure ?? new SealBroken('The blob has no key that is not destroyed.')
  }
  async function unlock(key: KeyObject) {
    try {
      const material = await materials(key).decryptMaterials({
        suite,
        encryptionContext: contextOf(place),
        encryptedDataKeys: [dataKey],
      })
      const helper = getDecryptionHelper(material)
      const decipher = helper.getDecipherInfo(messageId, commitment)
      const proof = decipher(new Uint8Array(12))
        .setAAD(head.subarray(0, -TAG))
        .setAuthTag(head.subarray(-TAG))
      proof.final()
      return { getDecipher: decipher, dispose: helper.dispose }
    } catch (cause) {
      throw new SealBroken('The blob does not open here.', { cause })
    }
  }

  return {
    size: full * FRAME + rest,
    frames: full + 1,
    place: (index) => ({
      position: HEAD + index * (FRAME + AROUND),
      length: index === full ? rest + AROUND_LAST : FRAME + AROUND,
    }),
    frame(index, sealed) {
      const sequence = index + 1
      const length = index === full ? rest : FRAME
      const front = frameFront(sequence, index === full ? rest : null)
      if (!sealed.subarray(0, front.length).equals(front))
        throw new SealBroken('The blob was cut or changed.')
      const decipher = getDecipher(nonceOf(sequence))
      decipher
        .setAAD(frameContext(messageId, index === full ? 'last' : 'full', sequence, length))
        .setAuthTag(sealed.subarray(-TAG))
      const plain = decipher.update(sealed.subarray(front.length, -TAG))
      try {
        decipher.final()
      } catch (cause) {
        plain.fill(0)
        throw new SealBroken('The blob was changed.', { cause })
      }
      return plain
    },
    dispose,
  }
}

function materials(key: KeyObject): NodeDefaultCryptographicMaterialsManager {
  const keyring = new RawAesKeyringNode({
    keyNamespace: namespace,
    keyName,
    unencryptedMasterKey: new Uint8Array(key.export()),
    wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
  })
  return new NodeDefaultCryptographicMaterialsManager(keyring)
}

/** What is in clear in front of every blob. */
function contextOf({ container, blobId }: BlobName): Record<string, string> {
  return { blob: blobId, tenant: container }
}

/** Everything of the header before the wrapped data key. */
function beginning(messageId: Uint8Array, place: BlobName): Buffer {
  const pairs = Object.entries(contextOf(place)).sort(([a], [b]) => (a < b ? -1 : 1))
  const context = pairs.flatMap(([name, value]) => [
    prefixed(Buffer.from(name)),
    prefixed(Buffer.from(value)),
  ])
  return Buffer.concat([
    Buffer.of(2, suite.id >> 8, suite.id & 0xff),
    messageId,
    prefixed(Buffer.concat([uint16(pairs.length), ...context])),
    uint16(1),
    prefixed(Buffer.from(namespace)),
  ])
}

function framing(): Buffer {
  const bytes = Buffer.of(FRAMED, 0, 0, 0, 0)
  bytes.writeUInt32BE(FRAME, 1)
  return bytes
}

/** Takes apart a header that must be of our one form; nothing in it is believed before it is proven. */
function readHead(place: BlobName, head: Buffer) {
  const messageId = messageIdOf(head)
  const front = beginning(messageId, place)
  const info = head.subarray(front.length + 2, front.length + 2 + keyName.length + 20)
  const wrapped = head.subarray(front.length + 4 + info.length, front.length + 4 + info.length + 48)
  const commitment = head.subarray(-TAG - 32, -TAG)
  const expected = Buffer.concat([front, prefixed(info), prefixed(wrapped), framing(), commitment])
  if (
    !expected.equals(head.subarray(0, -TAG)) ||
    !info.subarray(0, keyName.length).equals(Buffer.from(keyName))
  )
    throw new SealBroken('The blob is another one.')
  const dataKey = new EncryptedDataKey({
    providerId: namespace,
    providerInfo: info.toString(),
    rawInfo: new Uint8Array(info),
    encryptedDataKey: new Uint8Array(wrapped),
  })
  return { messageId, dataKey, commitment }
}

/** What stands before the ciphertext of a frame; `lastLength` null for a full one. */
function frameFront(sequence: number, lastLength: number | null): Buffer {
  if (lastLength === null) return Buffer.concat([uint32(sequence), nonceOf(sequence)])
  return Buffer.concat([uint32(LAST), uint32(sequence), nonceOf(sequence), uint32(lastLength)])
}

function frameContext(messageId: Uint8Array, kind: FrameKind, sequence: number, length: number): Buffer {
  const label = kind === 'last' ? 'AWSKMSEncryptionClient Final Frame' : 'AWSKMSEncryptionClient Frame'
  return Buffer.concat([messageId, Buffer.from(label), uint32(sequence), uint32(0), uint32(length)])
}

function nonceOf(sequence: number): Buffer {
  return Buffer.concat([Buffer.alloc(8), uint32(sequence)])
}

function prefixed(bytes: Uint8Array): Buffer {
  return Buffer.concat([uint16(bytes.length), bytes])
}

function uint16(value: number): Buffer {
  return Buffer.of(value >> 8, value & 0xff)
}

function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32BE(value)
  return bytes
}
