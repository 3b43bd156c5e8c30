/** Opaque cursors of lists. Must stay true: a cursor holds ids and counts only, because addresses get logged. */
import { PublicError } from './errors.ts'

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
  const match = /^(\d{1,9})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(
    Buffer.from(text, 'base64url').toString('latin1'),
  )
  if (!match?.[1] || !match[2])
    throw new PublicError('invalid_request', 'The cursor is not one of ours.', {
      details: { field: 'cursor' },
    })
  return { index: Number(match[1]), id: match[2] }
}

/** A page out of one row more than it may hold, and the cursor of the next; `rows` are in the order of the list. */
export function pageOf<T extends { readonly id: string }>(
  rows: readonly T[],
  { start = 0, limit }: { readonly start?: number; readonly limit: number },
): { readonly rows: readonly T[]; readonly next: string | null } {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const more = rows.length > limit && last !== undefined
  return { rows: shown, next: more ? writeCursor({ id: last.id, index: start + shown.length }) : null }
}
