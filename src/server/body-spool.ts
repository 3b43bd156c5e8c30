// The body of a signed request until it is proved: small ones in memory, larger ones in an encrypted file, hashed as they come.
// Must stay true: nothing reads a body that was not proved; no plaintext touches the disk; what is left over after a kill opens for
// nobody and goes at the next use.
import { createHash, createSecretKey, randomBytes } from 'node:crypto'
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { Digests } from '#core/auth/signing/signature-claim.ts'
import { readBlob, writeBlob } from '#core/blobs/blob-file.ts'
import { PublicError } from '#core/errors.ts'
import { newId } from '#core/ids.ts'

/** Up to here a body stays in memory; JSON never exceeds it. */
export const IN_MEMORY = 1024 * 1024
/** A file so old belongs to a process that was killed, also where the clock jumped by an hour or two while it was written. */
const LEFT_OVER_MS = 6 * 60 * 60_000

export interface TakenBody {
  readonly digests: Digests
  /** The body again. Call it once. */
  replay(): Promise<Readable>
  /** Forgets it; no error when it was forgotten already. */
  discard(): Promise<void>
}

export interface Taking {
  readonly limit: number
  readonly hashes: readonly string[]
  /** Folder and tenant of the spool; null to hash without keeping anything. */
  readonly into: { readonly folder: string; readonly tenant: string } | null
}

/** Reads a body to its end. Throws `body_too_large`, `storage_full`, `invalid_request` when it breaks off. */
export async function takeBody(source: Readable, { limit, hashes, into }: Taking): Promise<TakenBody> {
  const hashing = hashes.map((name) => ({ name, hash: createHash(name) }))
  const digests = () => new Map(hashing.map(({ name, hash }) => [name, hash.digest()]))
  const pieces = measured(source, limit, (piece) => {
    for (const { hash } of hashing) hash.update(piece)
  })
  const held: Buffer[] = []
  let size = 0
  for (;;) {
    const next = await pieces.next()
    if (next.done) {
      const whole = Buffer.concat(held)
      return {
        digests: digests(),
        replay: async () => Readable.from([whole]),
        discard: async () => undefined,
      }
    }
    if (!into) continue
    held.push(next.value)
    size += next.value.length
    if (size > IN_MEMORY) break
  }
  const file = await spool(Readable.from(joined(held, pieces)), into)
  return { digests: digests(), ...file }
}

async function* joined(held: readonly Buffer[], rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  yield* held
  yield* rest
}

/** The pieces of a body, none behind the limit. The connection stays open, so that a refusal can be read. */
async function* measured(
  source: Readable,
  limit: number,
  take: (piece: Buffer) => void,
): AsyncGenerator<Buffer> {
  let size = 0
  try {
    for await (const piece of source.iterator({ destroyOnReturn: false })) {
      if (!Buffer.isBuffer(piece)) throw new TypeError('A body is made of bytes.')
      size += piece.length
      if (size > limit) throw new PublicError('body_too_large')
      take(piece)
      yield piece
    }
  } catch (cause) {
    const isCutOff =
      cause instanceof Error &&
      'code' in cause &&
      /^(ECONNRESET|ERR_STREAM_PREMATURE_CLOSE)$/.test(String(cause.code))
    throw isCutOff ? new PublicError('invalid_request', 'The body ended before its end.', { cause }) : cause
  }
}

async function spool(source: Readable, { folder, tenant }: { folder: string; tenant: string }) {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await sweep(folder)
  const blobId = newId()
  const file = join(folder, blobId)
  // The key is in this process alone and dies with it.
  const key = createSecretKey(randomBytes(32))
  const discard = () => rm(file, { force: true })
  try {
    await writeBlob(file, { container: tenant, blobId, key }, source)
  } catch (cause) {
    source.destroy()
    await discard()
    const isFull = cause instanceof Error && 'code' in cause && /^(ENOSPC|EDQUOT)$/.test(String(cause.code))
    throw isFull ? new PublicError('storage_full', undefined, { cause }) : cause
  }
  return { replay: () => readBlob(file, { container: tenant, blobId, keys: [key] }), discard }
}

async function sweep(folder: string): Promise<void> {
  const now = Date.now()
  for (const name of await readdir(folder)) {
    const file = join(folder, name)
    const written = await stat(file).then(
      ({ mtimeMs }) => mtimeMs,
      () => now,
    )
    if (now - written > LEFT_OVER_MS) await rm(file, { force: true })
  }
}
