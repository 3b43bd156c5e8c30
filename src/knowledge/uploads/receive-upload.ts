/**
 * Takes the bytes of one request into an upload, a part at a time, each sealed and safe before it counts; with the last byte the
 * document is made. Must stay true: what `received` says is on the disk, whatever is killed when; a body that must match a checksum
 * counts whole or not at all; what is no PDF is refused by its first kilobyte.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import { Readable } from 'node:stream'
import { givenAway } from '#core/blobs/release.ts'
import type { Ctx } from '#core/ctx.ts'
import { PublicError } from '#core/errors.ts'
import { type BodyParts, bodyParts } from '#core/net/body-parts.ts'
import { type Checksum, readUploadChecksum } from '#core/net/tus-fields.ts'
import type { Actor } from '#core/tenancy/actor.ts'
import { HEADER_WITHIN, looksLikePdf } from '../documents/check-upload.ts'
import {
  type Announcement,
  adoptPart,
  type Claim,
  claimUpload,
  demandClaim,
  holdClaim,
  letGo,
} from './claim-upload.ts'
import { finishUpload } from './finish-upload.ts'
import { dropParts, removeUpload } from './remove-upload.ts'
import type { Upload } from './upload.schema.ts'
import { openUploadCard, selectOwnUploads, shownUpload } from './upload-record.ts'

/** A part is what a kill may cost: so many bytes, or what came in four seconds; and what came is a part once nothing more comes. */
const PART = { bytes: 8 * 2 ** 20, longest: 4_000, quiet: 2_000 }
/** The claim is somebody else's, or the upload was removed. */
const LOST: readonly string[] = ['upload_in_use', 'not_found']
/** Refused for what the file is: no further byte changes that. */
const HOPELESS: readonly string[] = ['not_a_pdf', 'empty_file', 'file_too_large']

export interface Arriving {
  readonly source: Readable
  /** Read once the upload is known to be the actor's. */
  announce(): Announcement
  /** `Upload-Checksum` of the bytes. */
  readonly checksum: string | undefined
}

/**
 * Goes on with an upload, and finishes it when all is there. Throws what claimUpload does; `checksum_mismatch`, `not_a_pdf`,
 * `body_too_large`, `storage_full`; `invalid_request` and `request_timeout` when the body broke off, with what came kept.
 */
export async function receiveUpload(ctx: Ctx, actor: Actor, id: string, arriving: Arriving): Promise<Upload> {
  let checksum: Checksum | undefined
  const claim = await ctx.write(actor, (tx) =>
    claimUpload(tx, id, () => {
      const announced = arriving.announce()
      checksum = arriving.checksum === undefined ? undefined : readUploadChecksum(arriving.checksum)
      return announced
    }),
  )
  const body = bodyParts(arriving.source, claim.upload.size - claim.upload.received, PART)
  try {
    const { received, isHeld } = await receiveParts({ ctx, actor, claim, body, checksum })
    if (body.broken !== undefined) throw brokenOff(body.broken)
    if (received === claim.upload.size) return await finishUpload(ctx, actor, claim)
    if (isHeld) await ctx.write(actor, (tx) => letGo(tx, claim, 'release'))
    return await ctx.read(actor, async (tx) => {
      const row = await selectOwnUploads(tx).where('id', '=', claim.upload.id).executeTakeFirstOrThrow()
      return shownUpload(tx, row, await openUploadCard(tx, row))
    })
  } catch (error) {
    const isHopeless = error instanceof PublicError && HOPELESS.includes(error.code)
    await ctx
      .write(actor, (tx) => (isHopeless ? removeUpload(tx, claim.upload.id) : letGo(tx, claim, 'release')))
      // Whatever hinders it, the caller hears of what came first; the claim ends by itself.
      .catch(() => undefined)
    throw error
  } finally {
    body.end()
  }
}

interface Receiving {
  readonly ctx: Ctx
  readonly actor: Actor
  readonly claim: Claim
  readonly body: BodyParts
  readonly checksum: Checksum | undefined
}

/** Stores what comes; answers how far the upload is then, and whether it is still claimed. */
async function receiveParts({
  ctx,
  actor,
  claim,
  body,
  checksum,
}: Receiving): Promise<{ received: number; isHeld: boolean }> {
  const { upload } = claim
  const hash = checksum && createHash(checksum.algorithm)
  let at = upload.received
  let blob = claim.first
  let isQuiet = false
  let isHeld = true
  for (;;) {
    const next = await body.wait()
    if (next === 'over') break
    if (next === 'idle') {
      if (isQuiet) await ctx.read(actor, (tx) => demandClaim(tx, claim))
      else await ctx.write(actor, (tx) => letGo(tx, claim, 'yield'))
      isQuiet = true
      continue
    }
    if (isQuiet)
      await ctx.write(actor, (tx) => holdClaim(tx, claim, { received: counted(at), claimed: 'keep' }))
    isQuiet = false
    // Whoever sends more than was promised has not sent what was promised.
    if (at === upload.size || blob === null) throw new PublicError('body_too_large')
    const part = blob
    const start = at
    const source = Readable.from(watched(body.part(), start, (piece) => void hash?.update(piece)))
    const { size } = await ctx.read(actor, async (tx) =>
      tx.blobs.put(part, await tx.keys.subject('document', upload.document_id), givenAway(source)),
    )
    at += size
    if (at === upload.size && (await body.wait()) === 'more') throw new PublicError('body_too_large')
    const isLast = body.isOver
    isHeld = !isLast || checksum !== undefined || at === upload.size
    blob = await ctx
      .write(actor, (tx) =>
        adoptPart(tx, claim, {
          part: { blob: part, start, size },
          received: counted(at),
          isLast,
          claimed: isHeld ? 'keep' : 'release',
        }),
      )
      .catch(async (error: unknown) => {
        // The claim was lost, so nobody knows of the bytes; any other error may hide a commit.
        if (error instanceof PublicError && LOST.includes(error.code))
          await ctx.read(actor, (tx) => tx.blobs.remove(part))
        throw error
      })
  }
  if (!checksum || !hash) return { received: at, isHeld }
  const isTrue = timingSafeEqual(hash.digest(), checksum.digest)
  const isKept = isTrue && body.broken === undefined
  await ctx.write(actor, (tx) =>
    isKept
      ? holdClaim(tx, claim, { received: at, claimed: 'keep' })
      : dropParts(tx, upload.id, upload.received),
  )
  if (!isTrue && body.broken === undefined) throw new PublicError('checksum_mismatch')
  return { received: isKept ? at : upload.received, isHeld }

  function counted(reached: number): number {
    return checksum ? upload.received : reached
  }
}

/** The bytes as they pass. Errors with `not_a_pdf` once a first kilobyte shows it. */
async function* watched(
  pieces: AsyncGenerator<Buffer>,
  start: number,
  see: (piece: Buffer) => void,
): AsyncGenerator<Buffer> {
  let head: Buffer | undefined = start === 0 ? Buffer.alloc(0) : undefined
  for await (const piece of pieces) {
    see(piece)
    if (head) {
      head = Buffer.concat([head, piece.subarray(0, HEADER_WITHIN - head.length)])
      if (head.length === HEADER_WITHIN) {
        if (!looksLikePdf(head)) throw new PublicError('not_a_pdf')
        head = undefined
      }
    }
    yield piece
  }
}

function brokenOff(cause: unknown): PublicError {
  if (cause instanceof PublicError)
    return new PublicError(cause.code, 'The bytes came too slowly. What came is kept; go on from there.', {
      cause,
    })
  return new PublicError('invalid_request', 'The request ended before its end. What came is kept.', { cause })
}
