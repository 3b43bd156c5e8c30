/**
 * Turns the characters of a page into its text and the runs that say where each stands.
 * Must stay true: an index into the text is a UTF-16 index, as in every browser; what the text holds is printable or '\n';
 * no import of ours (it runs in the child).
 */
import type { PdfRun } from './pdf-frames.ts'

interface Placed {
  code: number
  isBreak: boolean
  left: number
  top: number
  right: number
  bottom: number
}

const SOFT_HYPHEN = 0xad
/** A step to the right of more than this many heights begins a new run (a column, a table cell). */
const FAR = 3

/** Text and runs of one page; `isCut` when there were more than `most` characters. */
export function pageText(
  characters: Iterable<Placed>,
  most: number,
): { text: string; runs: PdfRun[]; isCut: boolean } {
  const parts: string[] = []
  const runs: PdfRun[] = []
  let length = 0
  let run: PdfRun | undefined
  let last: Placed | undefined
  let high: number | undefined
  const finish = (): void => {
    if (run && last) run.push(tenths(last.right - last.left))
    run = undefined
    last = undefined
  }
  const put = (text: string, box: Placed): void => {
    if (box.right > box.left && box.bottom > box.top) {
      if (run && last && continues(last, box)) {
        run.push(tenths(box.left - last.left))
        // The second half of a surrogate pair stands where the first does.
      } else {
        finish()
        run = [length, tenths(box.left), tenths(box.top), tenths(box.bottom - box.top)]
      }
      for (let unit = 1; unit < text.length; unit++) run.push(0)
      last = box
    } else finish()
    parts.push(text)
    length += text.length
  }
  for (const box of characters) {
    if (length >= most) {
      finish()
      return { text: parts.join(''), runs, isCut: true }
    }
    let code = box.isBreak ? SOFT_HYPHEN : box.code
    if (code >= 0xd800 && code <= 0xdbff) {
      high = code
      continue
    }
    if (code >= 0xdc00 && code <= 0xdfff) {
      if (high === undefined) continue
      code = 0x10000 + ((high - 0xd800) << 10) + (code - 0xdc00)
    }
    high = undefined
    if (code === 0x0a) {
      finish()
      parts.push('\n')
      length++
    } else if (isPrintable(code)) put(code === 0x09 || code === 0xa0 ? ' ' : String.fromCodePoint(code), box)
    const begun = run
    if (begun && runs.at(-1) !== begun) runs.push(begun)
  }
  finish()
  return { text: parts.join(''), runs, isCut: false }
}

function continues(last: Placed, next: Placed): boolean {
  const height = last.bottom - last.top
  const overlap = Math.min(last.bottom, next.bottom) - Math.max(last.top, next.top)
  const similar = Math.abs(next.bottom - next.top - height) < height * 0.5
  return similar && overlap > height * 0.6 && next.left >= last.left && next.left - last.right < height * FAR
}

/** No control characters, no marks that turn the direction of what follows, no unassigned ends of planes. */
function isPrintable(code: number): boolean {
  if (code < 0x20) return code === 0x09
  if (code >= 0x7f && code < 0xa0) return false
  if (
    code === 0x200e ||
    code === 0x200f ||
    (code >= 0x202a && code <= 0x202e) ||
    (code >= 0x2066 && code <= 0x2069)
  )
    return false
  return code <= 0x10ffff && (code & 0xfffe) !== 0xfffe && code !== 0xfeff
}

function tenths(points: number): number {
  return Number.isFinite(points) ? Math.round(points * 10) : 0
}
