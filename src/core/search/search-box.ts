// Seals what the index stores and says in which bucket a term lies. Three subkeys of the tenant's search key: term, page, word.
// Must stay true: every sealed value names schema, table, segment and bucket in its additional data, and is padded before sealing,
// so lengths tell little (Padmé, at most 12 % more).
import { createHmac, type KeyObject } from 'node:crypto'
import { openBytes, sealBytes } from '../keys/aead.ts'
import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import type { SearchKeys } from './tenant-search.ts'

/** Tables whose `sealed` column this opens. */
export type SealedTable = 'search_delta' | 'search_page' | 'search_word'

/** The search subkeys of one version. Throws what the keys throw when their lease has ended. */
export class SearchBox {
  readonly version: number
  readonly #keys: SearchKeys
  readonly #derived = new Map<string, KeyObject>()

  constructor(keys: SearchKeys, version: number) {
    this.version = version
    this.#keys = keys
    this.#key('term')
  }

  seal(table: SealedTable, segment: string, bucket: number, plain: Uint8Array): Buffer {
    const padded = Buffer.alloc(padme(plain.length + 4))
    padded.writeUInt32BE(plain.length)
    padded.set(plain, 4)
    return sealBytes(this.#keyOf(table), this.version, this.#place(table, segment, bucket), padded)
  }

  /** Throws SealBroken when the bytes were changed or stood elsewhere. */
  open(table: SealedTable, segment: string, bucket: number, sealed: Uint8Array): Buffer {
    const padded = openBytes(this.#keyOf(table), this.#place(table, segment, bucket), sealed)
    return padded.subarray(4, 4 + padded.readUInt32BE())
  }

  /** Keyed hash of a term, 16 bits; its top bits are the bucket. */
  hashOf(term: string): number {
    return createHmac('sha256', this.#key('term')).update(term).digest().readUInt16BE()
  }

  #keyOf(table: SealedTable): KeyObject {
    return this.#key(table === 'search_word' ? 'word' : 'page')
  }

  #key(label: 'term' | 'page' | 'word'): KeyObject {
    const key = this.#derived.get(label) ?? this.#keys.derive('search', label, this.version)
    this.#derived.set(label, key)
    return key
  }

  #place(table: SealedTable, segment: string, bucket: number): string {
    return `t_${this.#keys.tenant}\0${table}\0${segment}\0${bucket}`
  }
}

/** The bucket of a hash in a segment of so many bits (0 to 16). */
export function bucketOf(hash: number, bits: number): number {
  return hash >>> (16 - bits)
}

/** A delta: the table of its entries, one page, its words. */
export interface DeltaBlocks {
  readonly table: Buffer
  readonly page: Buffer
  readonly words: readonly Buffer[]
}

export function joinDelta(blocks: DeltaBlocks): Buffer {
  const writer = new ByteWriter().block(blocks.table).block(blocks.page)
  for (const part of blocks.words) writer.block(part)
  return writer.done()
}

export function splitDelta(bytes: Buffer): DeltaBlocks {
  const reader = new ByteReader(bytes)
  const table = reader.block()
  const page = reader.block()
  const words: Buffer[] = []
  while (reader.at < bytes.length) words.push(reader.block())
  return { table, page, words }
}

/** Length that leaks at most the order of magnitude (Nikitin et al., PETS 2019). */
function padme(length: number): number {
  if (length < 256) return 256
  const exponent = Math.floor(Math.log2(length))
  const step = 2 ** (exponent - Math.floor(Math.log2(exponent)) - 1)
  return Math.ceil(length / step) * step
}
