// Watches the bytes of a multipart form go by and says when there is more around the parts than any form has reason for. The parser
// drops what is too much without a word; here it is refused. Must stay true: nothing is kept but the last bytes of a piece.

/** Longest boundary (RFC 2046, section 5.1.1). */
export const LONGEST_BOUNDARY = 70
/** Most parts of a form, and around them most bytes: before the first, as the headers of each, and after the last. */
const MOST_PARTS = 16
const HEADER_BYTES = 8 * 1024
const MOST_HEADERS = 16
const AROUND_BYTES = 4 * 1024

/** Why a form is not taken; made for the caller to read. */
export type FormFault =
  | 'The form has no boundary, or too long a one.'
  | 'The form has too many parts.'
  | 'A part of the form has too many headers.'
  | 'There is too much before the first part of the form.'
  | 'There is too much after the last part of the form.'

/** The boundary of a multipart content type; undefined when there is none or a longer one than allowed. */
export function boundaryOf(contentType: string): string | undefined {
  const match = /;\s*boundary\s*=\s*(?:"([^"]+)"|([^\s;"]+))/i.exec(contentType)
  const boundary = match?.[1] ?? match?.[2]
  return boundary !== undefined && boundary.length <= LONGEST_BOUNDARY ? boundary : undefined
}

/** Takes the pieces of the body in order; answers the fault once there is one. */
export function watchForm(boundary: string): (piece: Buffer) => FormFault | undefined {
  // The first boundary has no line before it.
  const mark = Buffer.from(`\r\n--${boundary}`, 'latin1')
  let place: 'before' | 'mark' | 'headers' | 'content' | 'after' = 'before'
  let kept: Buffer = Buffer.from('\r\n')
  let parts = 0
  let around = 0
  let headers = 0

  return (piece) => {
    let bytes = kept.length > 0 ? Buffer.concat([kept, piece]) : piece
    kept = Buffer.alloc(0)
    for (;;) {
      if (place === 'after') {
        around += bytes.length
        return around > AROUND_BYTES ? 'There is too much after the last part of the form.' : undefined
      }
      if (place === 'before' || place === 'content') {
        const at = bytes.indexOf(mark)
        if (place === 'before') {
          around += at < 0 ? piece.length : 0
          if (around > AROUND_BYTES || at > AROUND_BYTES)
            return 'There is too much before the first part of the form.'
        }
        if (at < 0) {
          kept = Buffer.from(bytes.subarray(Math.max(0, bytes.length - mark.length + 1)))
          return undefined
        }
        bytes = bytes.subarray(at + mark.length)
        place = 'mark'
      }
      if (place === 'mark') {
        if (bytes.length < 2) {
          kept = Buffer.from(bytes)
          return undefined
        }
        const isLast = bytes[0] === DASH && bytes[1] === DASH
        around = 0
        headers = 0
        place = isLast ? 'after' : 'headers'
        // The line's end stays: a part without headers is a line's end twice.
        if (isLast) bytes = bytes.subarray(2)
        else if (++parts > MOST_PARTS) return 'The form has too many parts.'
      }
      if (place === 'headers') {
        const end = bytes.indexOf('\r\n\r\n')
        const whole = end < 0 ? bytes : bytes.subarray(0, end)
        const count = headers + linesIn(whole)
        if (around + whole.length > HEADER_BYTES || count > MOST_HEADERS)
          return 'A part of the form has too many headers.'
        if (end < 0) {
          const rest = bytes.subarray(Math.max(0, bytes.length - 3))
          // Lines that end in what is kept are counted when it comes again.
          headers = count - linesIn(rest)
          around += bytes.length - rest.length
          kept = Buffer.from(rest)
          return undefined
        }
        // The end of the headers may begin the boundary of an empty part.
        bytes = bytes.subarray(end + 2)
        place = 'content'
      }
    }
  }
}

const DASH = 0x2d

function linesIn(bytes: Buffer): number {
  let lines = 0
  for (let at = bytes.indexOf('\r\n'); at >= 0; at = bytes.indexOf('\r\n', at + 2)) lines++
  return lines
}
