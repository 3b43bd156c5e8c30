// Ends an answer that its reader does not take, so that its turn comes free.
// Must stay true: a reader that is slow but moves gets all of it; one that does not loses the connection, whatever it sends meanwhile.
import type { IncomingMessage, ServerResponse } from 'node:http'

export interface ReaderBounds {
  /** While there is something to go out, so many bytes do in every such span, or the connection ends. */
  readonly bytes: number
  readonly ms: number
}

/** 64 KB in a minute is a third of what is asked of uploads; whoever is cut off asks for the rest by its range. */
export const READER_BOUNDS: ReaderBounds = { bytes: 64 * 1024, ms: 60_000 }

/** In a span. */
const LOOKS = 4

/** Watches one answer until it has gone out or its connection is closed. */
export function watchReader(
  { socket }: IncomingMessage,
  response: ServerResponse,
  { bytes, ms }: ReaderBounds = READER_BOUNDS,
): void {
  // Asked on one connection, answers go out one by one: what moves there moves this one, too.
  const goneOut = () => socket.bytesWritten - socket.writableLength
  let mark = goneOut()
  // Counted in looks, not in time: when this process was held up itself, its readers could not take anything.
  let looks = 0
  const look = (): void => {
    if (response.writableLength > 0 && goneOut() - mark < bytes) {
      if (++looks >= LOOKS) socket.destroy()
      return
    }
    mark = goneOut()
    looks = 0
  }
  const timer = setInterval(look, ms / LOOKS).unref()
  const stop = () => clearInterval(timer)
  response.once('finish', stop).once('close', stop)
}
