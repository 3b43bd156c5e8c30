// Reads the lines of an export in their order: the first ones here, those of a long export in threads of their own.
// Must stay true: what comes out does not depend on where a piece was read; a few pieces are held at a time, however long the file is.
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { type ExportHead, type LinesRead, readLines, type VerifiedEvent } from './verify-lines.ts'

/** Bytes that are read here: starting threads takes longer. */
const SHORT = 4 * 1024 * 1024
const MOST_THREADS = 8
/** Pieces a thread has before it, so that it never waits. */
const AHEAD = 2

/** What was read of each piece, in order; undefined, and nothing after it, for a piece that is undefined. */
export async function* readAll(
  pieces: AsyncIterable<Buffer | undefined>,
  head: ExportHead,
  onEvent?: (event: VerifiedEvent) => void,
): AsyncGenerator<LinesRead | undefined> {
  await using threads = new LineThreads(head)
  const waiting: Promise<LinesRead>[] = []
  let seen = 0
  for await (const piece of pieces) {
    if (piece === undefined) {
      for (const one of waiting) yield await one
      yield undefined
      return
    }
    seen += piece.length
    if (onEvent || seen <= SHORT) yield readLines(piece, head, onEvent)
    else {
      waiting.push(threads.read(piece))
      if (waiting.length > threads.size * AHEAD) yield await waiting.shift()
    }
  }
  for (const one of waiting) yield await one
}

interface Asked {
  resolve(read: LinesRead): void
  reject(error: Error): void
}

/** Threads that read pieces, each in the order it was given them; started with the first piece. */
class LineThreads implements AsyncDisposable {
  readonly size = Math.min(MOST_THREADS, availableParallelism())
  readonly #head: ExportHead
  readonly #threads: { readonly worker: Worker; readonly asked: Asked[] }[] = []
  #next = 0

  constructor(head: ExportHead) {
    this.#head = head
  }

  read(piece: Buffer): Promise<LinesRead> {
    const at = this.#next++ % this.size
    const thread = this.#threads[at] ?? this.#start()
    const read = new Promise<LinesRead>((resolve, reject) => thread.asked.push({ resolve, reject }))
    // Nobody waits any more for what was asked when a fault ended the reading.
    read.catch(() => undefined)
    thread.worker.postMessage(piece)
    return read
  }

  #start() {
    const worker = new Worker(new URL('./line-thread.ts', import.meta.url), { workerData: this.#head })
    const asked: Asked[] = []
    worker.on('message', (read: LinesRead) => asked.shift()?.resolve(read))
    worker.on('error', (error) => {
      for (const { reject } of asked.splice(0)) reject(error)
    })
    const thread = { worker, asked }
    this.#threads.push(thread)
    return thread
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()))
  }
}
