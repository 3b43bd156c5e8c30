// Memory of large pieces, given back by hand. Must stay true: only what nobody will look at again is released.
import type { Readable } from 'node:stream'

/** Gives the memory of a written piece back at once; left to the collector, it doubles the number of its full runs. */
export function release({ buffer, byteLength }: Buffer): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0)
}

/** A stream whose pieces are its reader's alone: nobody else looks at them again, so they may be released. */
export interface GivenAway {
  readonly isGivenAway: true
}

/** Says so of a stream, such as the body of a request. */
export function givenAway<S extends Readable>(source: S): S & GivenAway {
  return Object.assign(source, { isGivenAway: true } as const)
}
