/**
 * What the PDF child says to the worker: frames of [uint32 length of JSON][uint32 length of bytes][JSON][bytes].
 * Must stay true: no import of ours, because the child may read nothing else; the reader trusts no length it is told.
 */

/** What a child is asked to do, as its only argument. */
export type PdfTask =
  | { do: 'read'; size: number; from: number; bounds: ReadBounds }
  | { do: 'picture'; size: number; page: number; bounds: PictureBounds; width: number; crop?: PdfRect }

export interface ReadBounds {
  /** Bytes of WebAssembly memory, the file included. */
  memoryBytes: number
  pages: number
  charactersOfPage: number
  characters: number
}

export interface PictureBounds {
  memoryBytes: number
  pixels: number
}

/** PDF points of the page as it is shown, origin top left. */
export interface PdfRect {
  x: number
  y: number
  width: number
  height: number
}

/**
 * Characters that follow each other on one line: [index of the first in the text, left, top, height, advance, advance, …],
 * all but the index in tenths of a point. The last advance is the width of the last character.
 */
export type PdfRun = number[]

export type PdfRefusal = 'encrypted' | 'damaged' | 'no_pages' | 'too_many_pages' | 'too_much_text'

export type PdfFrame =
  | { kind: 'opened'; pages: number; isRepaired: boolean }
  | { kind: 'refused'; reason: PdfRefusal }
  | { kind: 'page'; page: number; width: number; height: number; text: string; runs: PdfRun[] }
  | { kind: 'picture'; width: number; height: number; pageWidth: number; pageHeight: number }
  | { kind: 'end' }

/** One frame with the bytes that came with it (pixels, RGBA). */
export interface PdfMessage {
  frame: PdfFrame
  bytes: Buffer
}

const HEAD = 8

/** A frame as bytes. */
export function writeFrame(frame: PdfFrame, bytes: Uint8Array = new Uint8Array(0)): Buffer {
  const json = Buffer.from(JSON.stringify(frame))
  const head = Buffer.alloc(HEAD)
  head.writeUInt32BE(json.length, 0)
  head.writeUInt32BE(bytes.length, 4)
  return Buffer.concat([head, json, bytes])
}

/** The frames in a stream of chunks. Throws when a frame is longer than `longest` or the stream ends inside one. */
export async function* readFrames(
  chunks: AsyncIterable<Buffer>,
  longest: number,
): AsyncGenerator<PdfMessage> {
  let held: Buffer[] = []
  let length = 0
  let wanted = HEAD
  for await (const chunk of chunks) {
    held.push(chunk)
    length += chunk.length
    while (length >= wanted) {
      const all: Buffer = held.length === 1 ? (held[0] ?? Buffer.alloc(0)) : Buffer.concat(held)
      held = [all]
      const json = all.readUInt32BE(0)
      const whole = HEAD + json + all.readUInt32BE(4)
      if (whole > longest) throw new Error('a frame of the PDF child is too long')
      wanted = whole
      if (length < whole) break
      yield {
        frame: JSON.parse(all.toString('utf8', HEAD, HEAD + json)),
        bytes: all.subarray(HEAD + json, whole),
      }
      held = [all.subarray(whole)]
      length -= whole
      wanted = HEAD
    }
  }
  if (length > 0) throw new Error('the PDF child stopped inside a frame')
}
