/**
 * The worker's side of the PDF child: a file in, pages or a picture out.
 * Must stay true: whatever the file holds, the answer is pages, a picture or one reason; memory here is one page.
 */
import { dirname } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { CappedChildFailure, type ChildCaps, type ParserPlace, runCapped } from '#core/jobs/capped-child.ts'
import { openWorkFolder } from '#core/jobs/work-folder.ts'
import type { UnreadableReason } from './document.schema.ts'
import { type PdfFrame, type PdfMessage, type PdfRect, type PdfTask, readFrames } from './pdf-frames.ts'

const MiB = 2 ** 20
/** Most a child may hold; pdfium itself gets three quarters, so that it says so before the watchdog does. */
const MEMORY = 1024 * MiB
const ENGINE_SHARE = 0.75
/** 48 MB of RGBA. */
const PIXELS = 12_000_000

const readCaps: ChildCaps = {
  wallMilliseconds: 30 * 60_000,
  cpuSeconds: 600,
  memoryBytes: MEMORY,
  outputBytes: 1024 * MiB,
}
const pictureCaps: ChildCaps = {
  wallMilliseconds: 60_000,
  cpuSeconds: 30,
  memoryBytes: MEMORY,
  outputBytes: PIXELS * 4 + MiB,
}
const readBounds = {
  pages: 20_000,
  charactersOfPage: 1_000_000,
  characters: 100_000_000,
}
/** Longest frame: a page of a million characters with their places, or a picture. */
const LONGEST = 64 * MiB

/** A decrypted file on its way to a child, and what it needs of this machine. */
export interface PdfSource extends ParserPlace {
  readonly input: Readable
  /** Bytes of the whole file. */
  readonly size: number
  readonly signal?: AbortSignal
  /** Tighter caps, for tests. */
  readonly caps?: Partial<ChildCaps>
}

/** The file could not be read, for one stable reason. */
export class PdfUnreadable extends Error {
  override name = 'PdfUnreadable'
  readonly reason: UnreadableReason
  constructor(reason: UnreadableReason, cause?: unknown) {
    super(`the PDF cannot be read: ${reason}`, { cause })
    this.reason = reason
  }
}

export type PdfPage = PdfFrame & { kind: 'page' }

/**
 * First 'opened', then every page in order from `from` (1-based), one at a time.
 * @throws PdfUnreadable; errors of the input and the signal's reason as they are
 */
export async function* readPdf(
  source: PdfSource,
  from = 1,
): AsyncGenerator<PdfPage | (PdfFrame & { kind: 'opened' }), void> {
  const task: PdfTask = {
    do: 'read',
    size: source.size,
    from,
    bounds: { ...readBounds, ...engineBound(source) },
  }
  for await (const { frame } of askChild(source, task, readCaps)) {
    if (frame.kind === 'opened' || frame.kind === 'page') yield frame
  }
}

export interface PdfPicture {
  png: Buffer
  width: number
  height: number
}

/**
 * A page (or a rectangle of it, in points, origin top left) as PNG, `width` pixels across unless that is too many.
 * @throws PdfUnreadable; errors of the input and the signal's reason as they are
 */
export async function drawPdf(
  source: PdfSource,
  what: { page: number; width: number; crop?: PdfRect },
): Promise<PdfPicture> {
  const task: PdfTask = {
    do: 'picture',
    size: source.size,
    bounds: { pixels: PIXELS, ...engineBound(source) },
    ...what,
  }
  let picture: PdfPicture | undefined
  for await (const { frame, bytes } of askChild(source, task, pictureCaps)) {
    if (frame.kind !== 'picture') continue
    const { width, height } = frame
    if (bytes.length !== width * height * 4) throw new PdfUnreadable('reader_crashed')
    const png = await sharp(bytes, { raw: { width, height, channels: 4 } })
      .removeAlpha()
      .png({ compressionLevel: 6 })
      .toBuffer()
    picture = { png, width, height }
  }
  if (!picture) throw new PdfUnreadable('reader_crashed')
  return picture
}

function engineBound({ caps }: PdfSource): { memoryBytes: number } {
  return { memoryBytes: Math.floor((caps?.memoryBytes ?? MEMORY) * ENGINE_SHARE) }
}

/** One child, one task. Every end but a good one becomes PdfUnreadable. */
async function* askChild(
  source: PdfSource,
  task: PdfTask,
  caps: ChildCaps,
): AsyncGenerator<PdfMessage, void> {
  const folderOfThis = import.meta.dirname
  const engine = dirname(fileURLToPath(import.meta.resolve('@hyzyla/pdfium')))
  const generator = inFolder(source.workRoot, (folder) =>
    runCapped({
      script: `${folderOfThis}/pdf-parser.child.ts`,
      args: [JSON.stringify(task)],
      reads: [folderOfThis, dirname(engine)],
      folder,
      input: source.input,
      caps: { ...caps, ...source.caps },
      confinement: source.confinement,
      ...(source.signal ? { signal: source.signal } : {}),
    }),
  )
  try {
    for await (const message of readFrames(generator, LONGEST)) {
      if (message.frame.kind === 'refused') throw new PdfUnreadable(message.frame.reason)
      yield message
      if (message.frame.kind === 'end') return
    }
  } catch (error) {
    if (error instanceof CappedChildFailure) throw new PdfUnreadable(reasons[error.reason], error)
    throw error
  }
  throw new PdfUnreadable('reader_crashed')
}

const reasons = {
  time: 'too_slow',
  memory: 'too_much_memory',
  output: 'too_much_text',
  crash: 'reader_crashed',
} as const

/** Yields what `run` yields in a fresh work folder, removed afterwards. */
async function* inFolder(
  root: string,
  run: (folder: string) => AsyncGenerator<Buffer>,
): AsyncGenerator<Buffer, void> {
  const folder = await openWorkFolder(root)
  try {
    yield* run(folder.path)
  } finally {
    await folder.remove()
  }
}
