/** Answers a picture that may have to be drawn first, by the worker, while the caller waits. */
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import type { Ctx } from '#core/ctx.ts'
import { PublicError } from '#core/errors.ts'
import { type BodyRequest, isUnchanged } from '#core/net/wanted-part.ts'
import type { Actor } from '#core/tenancy/actor.ts'
import type { TenantReader } from '#core/tenancy/tenant-door.ts'
import { stopwatch } from '#core/time.ts'
import { findPicture, type PictureOf, wantPicture } from './picture-record.ts'

/** A worker that is not busy draws a page in half a second. */
const PATIENCE = 20_000
const FIRST_LOOK = 40
const SLOWEST_LOOK = 500

export interface OpenedPicture {
  /** Strong: a picture that is drawn anew is another blob. */
  readonly etag: string
  /** Null when the caller has them. */
  readonly bytes: Readable | null
  readonly size: number
}

/**
 * The PNG. Checks nothing: the caller has found the record and may see it.
 * Throws `picture_unavailable` when it cannot be drawn, `busy` when no worker has drawn it in 20 s.
 */
export async function openPicture(
  ctx: Ctx,
  actor: Actor,
  of: PictureOf,
  { headers }: BodyRequest,
  signal: AbortSignal,
): Promise<OpenedPicture> {
  let found = await ctx.read(actor, (tx) => findPicture(tx, of))
  if (found.state === 'none') {
    await ctx.write(actor, async (tx) => {
      await wantPicture(tx, of)
      tx.audit({
        action: 'knowledge.document.pictureRequested',
        record: { kind: 'document', id: of.document },
        detail: { page: of.page, width: of.width },
      })
    })
  }
  const until = stopwatch() + PATIENCE
  for (let pause = FIRST_LOOK; found.state !== 'stored'; pause = Math.min(pause * 1.5, SLOWEST_LOOK)) {
    if (found.state === 'failed') throw new PublicError('picture_unavailable')
    if (stopwatch() > until) throw new PublicError('busy')
    await delay(pause, undefined, { signal })
    found = await ctx.read(actor, (tx) => findPicture(tx, of))
  }
  const { blob, size } = found
  const etag = `"${blob}"`
  if (isUnchanged(headers, etag)) return { etag, bytes: null, size }
  return { etag, size, bytes: await ctx.read(actor, (tx) => open(tx, of.document, blob)) }
}

async function open(tx: TenantReader, document: string, blob: string): Promise<Readable> {
  return tx.blobs.open(blob, await tx.keys.subject('document', document))
}
