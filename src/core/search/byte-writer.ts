// Grows a byte string of variable-length integers (LEB128), words and raw bytes; read back by byte-reader.ts.

/** Writes what {@link ByteReader} reads. Integers are unsigned and at most 2^53 - 1. */
export class ByteWriter {
  #bytes: Buffer = Buffer.allocUnsafe(256)
  #at = 0

  get length(): number {
    return this.#at
  }

  integer(value: number): this {
    this.#room(8)
    let rest = value
    while (rest > 0x7f) {
      this.#bytes[this.#at++] = (rest % 128) | 0x80
      rest = rest < 0x80000000 ? rest >>> 7 : Math.floor(rest / 128)
    }
    this.#bytes[this.#at++] = rest
    return this
  }

  raw(bytes: Uint8Array): this {
    this.#room(bytes.length)
    this.#bytes.set(bytes, this.#at)
    this.#at += bytes.length
    return this
  }

  /** Bytes with their length in front. */
  block(bytes: Uint8Array): this {
    return this.integer(bytes.length).raw(bytes)
  }

  text(text: string): this {
    return this.block(Buffer.from(text))
  }

  /** What was written so far; the writer must not be used after. */
  done(): Buffer {
    return this.#bytes.subarray(0, this.#at)
  }

  #room(count: number): void {
    if (this.#at + count <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + count))
    this.#bytes.copy(larger, 0, 0, this.#at)
    this.#bytes = larger
  }
}
