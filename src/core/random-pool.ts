// Random bytes fetched ahead: a system call for each nonce, salt or id would cost a fifth of a sealed value.
// Must stay true: every byte is handed out once, and what was handed out is not kept here.
import { randomFillSync } from 'node:crypto'

const pool = Buffer.allocUnsafeSlow(16 * 1024)
let next = pool.length

/** Random bytes of their own, at most 4,096. */
export function takeRandom(length: number): Buffer {
  if (length > 4_096) throw new RangeError('the pool is for nonces, salts and ids')
  if (next + length > pool.length) {
    randomFillSync(pool)
    next = 0
  }
  const taken = Buffer.from(pool.subarray(next, next + length))
  pool.fill(0, next, next + length)
  next += length
  return taken
}
