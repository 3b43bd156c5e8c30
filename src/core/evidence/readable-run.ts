// Whether bytes that should be ciphertext hold text. A run of 32 printable bytes comes by chance once in 10^13 positions.
const LONG = 32

/** Length of the longest run of printable ASCII or UTF-8 letters of at least 32 bytes; 0 when there is none. A short value that is text from end to end counts too. */
export function readableRun(bytes: Uint8Array): number {
  let run = 0
  let longest = 0
  for (const byte of bytes) {
    run = (byte >= 0x20 && byte < 0x7f) || byte === 0x0a || byte === 0x0d || byte === 0x09 ? run + 1 : 0
    if (run > longest) longest = run
  }
  const isAllText = bytes.length >= 12 && longest === bytes.length
  return longest >= LONG || isAllText ? longest : 0
}
