// Reads what byte-writer.ts wrote. The bytes were sealed, so a malformed one is a bug and throws.

/** A place in a byte string. */
export class ByteReader {
  readonly bytes: Buffer
  at: number

  constructor(bytes: Buffer, at = 0) {
    this.bytes = bytes
    this.at = at
  }

  integer(): number {
    const { bytes } = this
    let byte = bytes[this.at++]
    if (byte === undefined) throw new RangeError('a sealed index page ends early')
    if (byte < 0x80) return byte
    let value = byte & 0x7f
    let scale = 128
    do {
      byte = bytes[this.at++]
      if (byte === undefined) throw new RangeError('a sealed index page ends early')
      value += (byte & 0x7f) * scale
      scale *= 128
    } while (byte >= 0x80)
    return value
  }

  raw(length: number): Buffer {
    const from = this.at
    this.at += length
    if (this.at > this.bytes.length) throw new RangeError('a sealed index page ends early')
    return this.bytes.subarray(from, this.at)
  }

  block(): Buffer {
    return this.raw(this.integer())
  }

  text(): string {
    return this.block().toString()
  }
}
