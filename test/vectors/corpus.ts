/** Vectors and texts of others, as `test/corpora` brings them. A file that is missing or empty is a failure, never a reason to skip. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The path of a file or folder of the corpora. */
export function corpusPath(...parts: readonly string[]): string {
  return join(import.meta.dirname, '../corpora', ...parts)
}

/** What a JSON file of the corpora holds. */
export function corpusJson<T>(...parts: readonly string[]): T {
  return JSON.parse(readFileSync(corpusPath(...parts), 'utf8'))
}

/** A vector of Wycheproof. Its fields are hexadecimal, but for counts. */
export interface Vector {
  readonly tcId: number
  readonly comment: string
  readonly result: 'valid' | 'invalid' | 'acceptable'
  readonly [field: string]: unknown
}

/** A group of vectors with what they share. */
export interface VectorGroup {
  readonly tests: readonly Vector[]
  readonly ivSize?: number
  readonly keySize?: number
  readonly tagSize?: number
  readonly publicKey?: { readonly pk: string; readonly uncompressed: string }
  readonly publicKeyDer?: string
}

/** A file of Wycheproof, and how many vectors it says it holds. Throws where it holds others. */
export function wycheproof(name: string): readonly VectorGroup[] {
  const file = corpusJson<{ numberOfTests: number; testGroups: VectorGroup[] }>(
    'wycheproof',
    `${name}_test.json`,
  )
  const count = file.testGroups.reduce((sum, { tests }) => sum + tests.length, 0)
  if (count === 0 || count !== file.numberOfTests) throw new Error(`${name} holds ${count} vectors`)
  return file.testGroups
}
