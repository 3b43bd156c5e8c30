// Memory of large pieces, given back by hand. Must stay true: only what nobody will look at again is released.

/** Gives the memory of a written piece back at once; left to the collector, it doubles the number of its full runs. */
export function release({ buffer, byteLength }: Buffer): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0)
}
