// Finds words in text whatever their case, accents, ligatures or line breaks, and says where they stand in the original.
// Must stay true: pure; offsets are UTF-16 indexes of the text that was given.

interface Folded {
  text: string
  /** For every character of `text`, where it came from; one more at the end. */
  origin: number[]
}

/** Lower case, without accents, ligatures opened, white space as one blank. */
export function fold(source: string): Folded {
  let text = ''
  const origin: number[] = []
  let at = 0
  for (const letter of source) {
    const folded = /\s/.test(letter)
      ? text.endsWith(' ') || text === ''
        ? ''
        : ' '
      : letter
          .normalize('NFKD')
          .replace(/\p{M}|\u00ad/gu, '')
          .toLowerCase()
    for (let index = 0; index < folded.length; index += 1) origin.push(at)
    text += folded
    at += letter.length
  }
  origin.push(at)
  return { text, origin }
}

export interface Occurrence {
  start: number
  end: number
}

/** Every place a query stands in a text, without overlaps. */
export function findAll(source: string, query: string): Occurrence[] {
  const wanted = fold(query).text.trim()
  if (wanted === '') return []
  const { text, origin } = fold(source)
  const found: Occurrence[] = []
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) {
    const last = origin[at + wanted.length - 1] ?? 0
    const isPair = (source.codePointAt(last) ?? 0) > 0xffff
    found.push({ start: origin[at] ?? 0, end: last + (isPair ? 2 : 1) })
  }
  return found
}
