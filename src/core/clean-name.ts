// Names that people give: of themselves, of their organisation, of a key. Must stay true: a name has something to see, and shows
// nothing else than it says.
import { PublicError } from './errors.ts'

/** Control characters, line ends and marks that turn text around or hide in it; joiners stay, whole scripts need them. */
const UNSEEN =
  /[\p{Cc}\p{Zl}\p{Zp}\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\p{Noncharacter_Code_Point}]/gu
/** Anything but space, format characters, halves of pairs and the fillers that look like nothing. */
const SEEN = /[^\p{Z}\p{C}\u115f\u1160\u2800\u3164\uffa0]/u

/** The name on one line, in NFC, without what nobody sees. Throws `invalid_request` for `field` when nothing is left. */
export function cleanName(given: string, field: string): string {
  const name = given.toWellFormed().replace(UNSEEN, '').normalize('NFC').replace(/\s+/g, ' ').trim()
  if (!SEEN.test(name))
    throw new PublicError('invalid_request', 'The name has nothing to see in it.', { details: { field } })
  return name
}
