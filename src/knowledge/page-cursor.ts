/** Opaque cursors of lists. Must stay true: a cursor holds ids and counts only, because addresses get logged. */
import { PublicError } from '#core/errors.ts'

/** Where the next page begins: behind this record, which stood at this place. */
export interface Place {
  readonly id: string
  readonly index: number
}

/** A cursor of a place. */
export function writeCursor({ id, index }: Place): string {
  return Buffer.from(`${index}.${id}`).toString('base64url')
}

/** The place of a cursor. Throws `invalid_request` for what is not one. */
export function readCursor(text: string): Place {
  const match = /^(\d{1,9})\.([0-9a-f-]{36})$/.exec(Buffer.from(text, 'base64url').toString('latin1'))
  if (!match?.[1] || !match[2])
    throw new PublicError('invalid_request', 'The cursor is not one of ours.', {
      details: { field: 'cursor' },
    })
  return { index: Number(match[1]), id: match[2] }
}
