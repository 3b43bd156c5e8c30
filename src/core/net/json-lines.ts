// Newline-delimited JSON on a local socket. Must stay true: a line longer than the bound, or one that is not JSON, ends the
// connection; a peer that does not read is cut off before its backlog fills our memory.
import type { Socket } from 'node:net'

/** One end of a connection. `send` after the end does nothing: whoever waits for an answer learns it from `onEnd`. */
export interface JsonLines {
  send(message: unknown): void
  end(): void
}

export interface JsonLinesOptions {
  /** Most bytes of one line; 65,536 unless said. */
  readonly longest?: number
  onMessage(message: unknown): void
  /** Called once, when the connection is gone for whatever reason. */
  onEnd(): void
}

const mostUnsent = 16 * 1024 * 1024

/** Speaks JSON lines on a connected (or connecting) socket. Takes over its error handling. */
export function speakJsonLines(socket: Socket, options: JsonLinesOptions): JsonLines {
  const longest = options.longest ?? 65_536
  let held = ''
  socket.setEncoding('utf8')
  socket.on('data', (chunk: string) => {
    const lines = (held + chunk).split('\n')
    held = lines.pop() ?? ''
    for (const line of lines) {
      if (socket.destroyed) return
      const message = line.length > longest ? undefined : parse(line)
      if (message === undefined) return void socket.destroy()
      options.onMessage(message)
    }
    if (held.length > longest) socket.destroy()
  })
  // The close that follows every error is what callers hear of.
  socket.on('error', () => undefined)
  socket.once('close', () => options.onEnd())
  return {
    send(message) {
      if (socket.destroyed || socket.writableEnded) return
      socket.write(`${JSON.stringify(message)}\n`)
      if (socket.writableLength > mostUnsent) socket.destroy()
    },
    end: () => void socket.end(),
  }
}

function parse(line: string): unknown {
  try {
    const value: unknown = JSON.parse(line)
    return value === null ? undefined : value
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
