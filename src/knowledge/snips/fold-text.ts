/**
 * Text without what differs between a page, a selection and a keyboard: white space, soft hyphens, hyphens that break a
 * word, ligatures, composed letters, kinds of quotation marks and dashes. Every unit knows where it came from.
 */

export interface FoldedText {
  readonly text: string
  /** For each unit of `text`, the UTF-16 index of its origin; one more at the end, for the end of the original. */
  readonly origins: Uint32Array
}

const SAME: Readonly<Record<string, string>> = {
  '‘': "'",
  '’': "'",
  '‚': "'",
  '‛': "'",
  '′': "'",
  '“': '"',
  '”': '"',
  '„': '"',
  '‟': '"',
  '″': '"',
  '‐': '-',
  '‑': '-',
  '‒': '-',
  '–': '-',
  '—': '-',
  '―': '-',
  '−': '-',
}
const NOTHING = /^[\s\p{Cf}\p{Cc}]$/u
const BREAK = /^-\s+\p{Ll}/u

/** The folded form of a text. */
export function foldText(text: string): FoldedText {
  const parts: string[] = []
  const origins: number[] = []
  let index = 0
  let follows = ''
  for (const character of text) {
    const at = index
    index += character.length
    if (NOTHING.test(character)) {
      follows = ''
      continue
    }
    const same = SAME[character] ?? character
    // "exam- ple": the hyphen of a line's end, as a selection has it.
    if (same === '-' && /\p{L}/u.test(follows) && BREAK.test(`-${text.slice(index, index + 8)}`)) continue
    follows = character
    const folded = /^[ -~]$/.test(same) ? same : same.normalize('NFKD').replace(/\s/g, '')
    parts.push(folded)
    for (let unit = 0; unit < folded.length; unit++) origins.push(at)
  }
  origins.push(index)
  return { text: parts.join(''), origins: Uint32Array.from(origins) }
}

/** A passage as people read it: one blank for any white space, no soft hyphen, no mark that cannot be seen. */
export function readableText(text: string): string {
  return text
    .replace(/[^\S\n]*\u00ad\s*/g, '')
    .replace(/\s+/g, ' ')
    .trim()
}
