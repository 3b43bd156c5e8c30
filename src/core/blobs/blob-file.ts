// One sealed blob in one file: written front to back, read from anywhere.
// Must stay true: at most a few frames are in memory; the file is closed whatever happens; a reader outlives a sealing again.
import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { SealBroken } from '../keys/seal-broken.ts'
import {
  type BlobOpener,
  type BlobPlace,
  type BlobSealer,
  FRAME,
  HEAD,
  messageIdOf,
  openBlob,
  type SealedBlobPlace,
  sealBlob,
} from './blob-cipher.ts'
import { release } from './release.ts'

/** Bytes of the plaintext, the last one included. */
export interface ByteRange {
  start: number
  end: number
}

/** Seals a stream into a new file, on disk when it resolves. Errors of the source and of the disk pass through; the file stays then. */
export async function writeBlob(
  file: string,
  place: BlobPlace,
  source: Readable,
  messageId?: Uint8Array,
): Promise<{ size: number; sha256: string }> {
  await using handle = await open(file, 'wx', 0o660)
  const sealer = await sealBlob(place, messageId)
  try {
    const summary = await writeFrames(handle, sealer, source)
    await handle.sync()
    return summary
  } finally {
    sealer.dispose()
  }
}

async function writeFrames(handle: FileHandle, sealer: BlobSealer, source: Readable) {
  const hash = createHash('sha256')
  let size = 0
  // Held as they came: sealing them one by one costs less than a copy and one large allocation a frame.
  let held: Buffer[] = []
  let room = FRAME
  // One write is under way while the next frame is gathered and sealed.
  let writing = writeAll(handle, [sealer.head])
  try {
    for await (const chunk of source) {
      if (!Buffer.isBuffer(chunk)) throw new TypeError('A blob is made of bytes.')
      hash.update(chunk)
      size += chunk.length
      let rest = chunk
      while (rest.length >= room) {
        held.push(rest.subarray(0, room))
        rest = rest.subarray(room)
        const pieces = sealer.frame(held, 'full')
        if ('isGivenAway' in source) held.forEach(release)
        held = []
        room = FRAME
        await writing
        writing = writeAll(handle, pieces)
      }
      if (rest.length > 0) held.push(rest)
      room -= rest.length
    }
  } finally {
    await writing
  }
  await writeAll(handle, sealer.frame(held, 'last'))
  return { size, sha256: hash.digest('hex') }
}

/** The promise may wait unattended while the source is slow; its error is met at the next await. */
function writeAll(handle: FileHandle, pieces: Buffer[]): Promise<void> {
  const writing = writeEvery(handle, pieces)
  writing.catch(() => undefined)
  return writing
}

async function writeEvery(handle: FileHandle, pieces: Buffer[]): Promise<void> {
  const { bytesWritten } = await handle.writev(pieces)
  // After a short write the next one goes on, or tells why it cannot.
  if (bytesWritten < lengthOf(pieces)) await handle.writeFile(Buffer.concat(pieces).subarray(bytesWritten))
  for (const piece of pieces) release(piece)
}

function lengthOf(pieces: Buffer[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0)
}

/** A blob whose header is proven: what it opens with, and by what it is known again. */
interface ProvenBlob {
  readonly opener: BlobOpener
  readonly head: Buffer
  readonly fileLength: number
}

/**
 * Seals a blob into a new file under another key: same plaintext, same message id, fresh data key; each frame is proven before it is
 * sealed. Null when the blob opens with that key already. Throws SealBroken when none of `keys` opens it; the new file stays then.
 */
export async function resealBlob(
  file: string,
  into: string,
  { keys, key, ...name }: SealedBlobPlace & BlobPlace,
): Promise<{ size: number } | null> {
  if (await opensWith(file, { ...name, keys: [key] })) return null
  const proven = await prove(file, { ...name, keys })
  const place = { ...name, keys }
  const source = streamFrames(() => openAgain(file, place, proven), proven.opener, {
    start: 0,
    end: proven.opener.size - 1,
  })
  try {
    return await writeBlob(into, { ...name, key }, source, messageIdOf(proven.head))
  } finally {
    source.destroy()
  }
}

async function opensWith(file: string, place: SealedBlobPlace): Promise<boolean> {
  try {
    const { opener } = await prove(file, place)
    opener.dispose()
    return true
  } catch (error) {
    if (error instanceof SealBroken) return false
    throw error
  }
}

/**
 * The plaintext of a file, or a range of it. Throws SealBroken when the header is not the blob's, RangeError when the range is
 * not within it; the stream errors with SealBroken where the file was changed. The file is open only while the stream is read.
 */
export async function readBlob(file: string, place: SealedBlobPlace, range?: ByteRange): Promise<Readable> {
  const proven = await prove(file, place)
  const { opener } = proven
  const { start, end } = range ?? { start: 0, end: opener.size - 1 }
  if (range && !(start >= 0 && start <= end && end < opener.size)) {
    opener.dispose()
    throw new RangeError('Not a range of this blob.')
  }
  return streamFrames(() => openAgain(file, place, proven), opener, { start, end })
}

async function prove(file: string, place: SealedBlobPlace): Promise<ProvenBlob> {
  await using handle = await open(file, 'r')
  const { size: fileLength } = await handle.stat()
  const head = await readAt(handle, Buffer.allocUnsafe(HEAD), 0)
  return { opener: await openBlob(place, head, fileLength), head, fileLength }
}

interface OpenedBlob {
  readonly handle: FileHandle
  readonly opener: BlobOpener
}

/** The blob that was proven, which may have been sealed again since; not another one that took its place. */
async function openAgain(file: string, place: SealedBlobPlace, proven: ProvenBlob): Promise<OpenedBlob> {
  const handle = await open(file, 'r')
  try {
    const { size } = await handle.stat()
    const head = await readAt(handle, Buffer.allocUnsafe(HEAD), 0)
    if (size === proven.fileLength && head.equals(proven.head)) return { handle, opener: proven.opener }
    if (size !== proven.fileLength || !messageIdOf(head).equals(messageIdOf(proven.head)))
      throw new SealBroken('The blob was exchanged before it was read.')
    const opener = await openBlob(place, head, size)
    proven.opener.dispose()
    return { handle, opener }
  } catch (cause) {
    await handle.close()
    throw cause
  }
}

function streamFrames(
  openFile: () => Promise<OpenedBlob>,
  proven: BlobOpener,
  { start, end }: ByteRange,
): Readable {
  const first = Math.floor(start / FRAME)
  // Of a whole blob the last frame is read also when it is empty: it proves the end.
  const stop = end === proven.size - 1 ? proven.frames - 1 : Math.floor(end / FRAME)
  let index = first
  let opening: Promise<OpenedBlob> | undefined
  let buffers: Buffer[] = []
  let ahead: Promise<Buffer> | undefined

  function load({ handle, opener }: OpenedBlob, frame: number): Promise<Buffer> {
    const { position, length } = opener.place(frame)
    const into = buffers[frame % 2]?.subarray(0, length) ?? Buffer.allocUnsafe(length)
    const loading = readAt(handle, into, position)
    // Whoever awaits it sees the error; a reader that has gone away does not.
    loading.catch(() => undefined)
    return loading
  }
  async function next(): Promise<Buffer | null> {
    // A stream that nobody reads holds no file and no frame.
    opening ??= openFile()
    const opened = await opening
    if (buffers.length === 0 && first < stop)
      buffers = [Buffer.allocUnsafeSlow(FRAME + 64), Buffer.allocUnsafeSlow(FRAME + 64)]
    while (index <= stop) {
      const sealed = await (ahead ?? load(opened, index))
      const frame = index++
      ahead = index <= stop ? load(opened, index) : undefined
      const plain = opened.opener.frame(frame, sealed)
      const from = Math.max(start - frame * FRAME, 0)
      const piece = plain.subarray(from, end + 1 - frame * FRAME)
      if (piece.length > 0) return piece
    }
    return null
  }

  return new Readable({
    highWaterMark: FRAME,
    read() {
      next().then(
        (piece) => void this.push(piece),
        (cause) => void this.destroy(cause),
      )
    },
    destroy(cause, callback) {
      if (!opening) proven.dispose()
      // What never opened has nothing to close; its own error was the reader's.
      const closing = opening?.then(
        ({ handle, opener }) => {
          opener.dispose()
          return handle.close()
        },
        () => proven.dispose(),
      )
      Promise.resolve(closing).then(() => callback(cause), callback)
    },
  })
}

/** Fills the buffer from a place of the file. Throws SealBroken when the file ends before. */
async function readAt(handle: FileHandle, into: Buffer, position: number): Promise<Buffer> {
  for (let done = 0; done < into.length; ) {
    const { bytesRead } = await handle.read(into, done, into.length - done, position + done)
    if (bytesRead === 0) throw new SealBroken('The blob was cut.')
    done += bytesRead
  }
  return into
}
