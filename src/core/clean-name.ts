// Names people give to themselves, their organisation and their keys, as they are stored and shown.
// Must stay true: a name that is stored can be seen, and does not change the text around it.
import { cleanLine } from './clean-line.ts'
import { PublicError } from './errors.ts'

const LONGEST = 200

/** The name in NFC without unseen characters. Throws `invalid_request` naming `field` when nothing is left to see. */
export function cleanName(given: string, field: string): string {
  const name = cleanLine(given, LONGEST)
  if (!/[\p{L}\p{N}\p{P}\p{S}]/u.test(name)) {
    throw new PublicError('invalid_request', 'The name has nothing to see in it.', {
      details: { field },
    })
  }
  return name
}
