// Blobs as AWS Encryption SDK messages: committed suite, 1 MiB frames, data key wrapped by the document's key.
// Must stay true: the context in clear holds opaque ids only, and what opens is exactly the blob that was asked for.
import type { KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import {
  AlgorithmSuiteIdentifier,
  buildClient,
  CommitmentPolicy,
  RawAesKeyringNode,
  RawAesWrappingSuiteIdentifier,
} from '@aws-crypto/client-node'
import { SealBroken } from '../keys/seal-broken.ts'

/** Bytes of plaintext that are authenticated together. */
export const FRAME = 2 ** 20

const client = buildClient({
  commitmentPolicy: CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT,
  maxEncryptedDataKeys: 1,
})

/** One blob, and the key it opens with. */
export interface BlobPlace {
  container: string
  blobId: string
  key: KeyObject
}

/** Plaintext in, message out. */
export function encryptedBlob(place: BlobPlace): NodeJS.ReadWriteStream {
  return client.encryptStream(keyring(place), {
    suiteId: AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY,
    encryptionContext: contextOf(place),
    frameLength: FRAME,
  })
}

/** The plaintext of a message, once its header is proven. Throws SealBroken; so does the stream, where the message is cut or changed. */
export async function decryptedBlob(place: BlobPlace, message: Readable): Promise<Readable> {
  const decrypt = client.decryptUnsignedMessageStream(keyring(place))
  const flowing = pipeline(message, decrypt)
  // Seen by whoever reads the stream; here only so that it is not unhandled before.
  flowing.catch(() => undefined)
  try {
    const [header] = await once(decrypt, 'MessageHeader')
    if (!isSameContext(header.encryptionContext, contextOf(place)))
      throw new SealBroken('The blob is another one.')
  } catch (cause) {
    decrypt.destroy()
    message.destroy()
    throw cause instanceof SealBroken ? cause : new SealBroken('The blob does not open.', { cause })
  }
  async function* plaintext() {
    try {
      yield* decrypt
      await flowing
    } catch (cause) {
      throw new SealBroken('The blob was cut or changed.', { cause })
    } finally {
      message.destroy()
    }
  }
  return Readable.from(plaintext(), { objectMode: false, highWaterMark: FRAME })
}

function keyring({ key }: BlobPlace): RawAesKeyringNode {
  return new RawAesKeyringNode({
    keyNamespace: 'panoply',
    keyName: 'document',
    unencryptedMasterKey: new Uint8Array(key.export()),
    wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
  })
}

function contextOf({ container, blobId }: BlobPlace): Record<string, string> {
  return { blob: blobId, tenant: container }
}

function isSameContext(found: Record<string, string>, expected: Record<string, string>): boolean {
  const names = Object.keys(expected)
  return Object.keys(found).length === names.length && names.every((name) => found[name] === expected[name])
}
