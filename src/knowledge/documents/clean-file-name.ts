/**
 * A file's name as somebody's device gave it, made safe to keep, show and offer for saving.
 * Must stay true: no path, no control or direction mark, at most 255 characters, never empty.
 */
import { cleanLine } from '#core/clean-line.ts'

const LONGEST = 255
const NAMELESS = 'document.pdf'

/** The last part of a path, in NFC, without unseen characters; cut to 255 characters with its extension kept. */
export function cleanFileName(given: string): string {
  const last = given.split(/[/\\]/).at(-1) ?? ''
  const seen = cleanLine(last, Number.POSITIVE_INFINITY).replace(/^\.+$/, '')
  if (seen === '') return NAMELESS
  const characters = [...seen]
  if (characters.length <= LONGEST) return seen
  const extension = /\.[\p{L}\p{N}]{1,15}$/u.exec(seen)?.[0] ?? ''
  return (
    characters
      .slice(0, LONGEST - [...extension].length)
      .join('')
      .trimEnd() + extension
  )
}

/** A title: one line, in NFC, without unseen characters, at most 255 characters; '' when nothing is left. */
export function cleanTitle(given: string): string {
  return cleanLine(given, LONGEST)
}

/** The title a document gets from its file's name. */
export function titleOfFile(fileName: string): string {
  return cleanTitle(fileName.replace(/\.pdf$/i, '').replaceAll('_', ' ')) || fileName
}
