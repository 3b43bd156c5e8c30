// What rotation and lists may step over. Must stay true: only what no key here opens; a keeper that is away, or a bug, is neither.
import { PublicError } from '../errors.ts'
import { SealBroken } from './seal-broken.ts'

/** Whether what is stored opens for nobody any more: its own bytes were changed, or those of its wrapped key. */
export function isDamage(error: unknown): boolean {
  return error instanceof SealBroken || (error instanceof PublicError && error.code === 'keys_destroyed')
}

/** What `open` gives; null when what it opens was damaged. */
export function openIfWhole<T>(open: () => T): T | null {
  try {
    return open()
  } catch (error) {
    return nullOfDamage(error)
  }
}

/** Null for damage; throws everything else. */
export function nullOfDamage(error: unknown): null {
  if (!isDamage(error)) throw error
  return null
}
