// The root key: a file of 32 random bytes, or the same wrapped under a passphrase (scrypt).
// Must stay true: it is made once, never replaced, never inside the home, readable by its owner alone.
import { createSecretKey, type KeyObject, randomBytes, scryptSync } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import Type from 'typebox'
import { Check } from 'typebox/value'
import { syncFolder, writeDurably } from '../durable-file.ts'
import { openBytes, sealBytes } from './aead.ts'
import { KeeperFault } from './keeper-fault.ts'
import { SealBroken } from './seal-broken.ts'

const SCRYPT = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 2 ** 20 }
const PLACE = 'panoply root key'

const RootKeyFile = Type.Union([
  Type.Object({ format: Type.Literal(1), key: Type.String() }),
  Type.Object({ format: Type.Literal(1), salt: Type.String(), wrapped: Type.String() }),
])

export interface RootKey {
  key: KeyObject
  kind: 'file' | 'passphrase'
}

export interface RootKeyPlace {
  file: string
  /** Wraps the key at creation and opens it ever after. */
  passphrase?: string | undefined
}

/**
 * Reads the root key. Throws KeeperFault when the file is missing, open to others, damaged, or the passphrase does not fit.
 */
export function loadRootKey({ file, passphrase }: RootKeyPlace): RootKey {
  if (!existsSync(file))
    throw new KeeperFault(`The root key ${file} is missing; nothing here opens without it.`)
  if ((statSync(file).mode & 0o077) !== 0)
    throw new KeeperFault(`The root key ${file} is open to other users: chmod 600 it.`)
  const content = readRootKeyFile(file)
  if ('key' in content) {
    if (passphrase !== undefined)
      throw new KeeperFault(`A passphrase was given, but ${file} is not wrapped in one.`)
    return { key: toKey(content.key, file), kind: 'file' }
  }
  if (passphrase === undefined) throw new KeeperFault(`The root key ${file} needs its passphrase.`)
  try {
    const opened = openBytes(
      wrappingKey(passphrase, content.salt),
      PLACE,
      Buffer.from(content.wrapped, 'base64'),
    )
    return { key: toKey(opened.toString('base64'), file), kind: 'passphrase' }
  } catch (cause) {
    if (cause instanceof SealBroken) throw new KeeperFault(`The passphrase does not open ${file}.`, { cause })
    throw cause
  }
}

/** Makes the root key, once; a file that is there already is never touched (EEXIST). */
export function createRootKey({ file, passphrase }: RootKeyPlace): void {
  const key = randomBytes(32)
  const salt = randomBytes(16).toString('base64')
  const content =
    passphrase === undefined
      ? { format: 1, key: key.toString('base64') }
      : {
          format: 1,
          salt,
          wrapped: sealBytes(wrappingKey(passphrase, salt), 1, PLACE, key).toString('base64'),
        }
  key.fill(0)
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const part = `${file}.new`
  writeDurably(part, Buffer.from(`${JSON.stringify(content)}\n`))
  linkSync(part, file)
  rmSync(part)
  syncFolder(dirname(file))
}

function readRootKeyFile(file: string): Type.Static<typeof RootKeyFile> {
  let content: unknown
  try {
    content = JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
  }
  if (!Check(RootKeyFile, content)) throw new KeeperFault(`${file} is not a root key.`)
  return content
}

function toKey(base64: string, file: string): KeyObject {
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.length !== 32) throw new KeeperFault(`${file} does not hold 32 bytes.`)
  return createSecretKey(bytes)
}

function wrappingKey(passphrase: string, salt: string): KeyObject {
  return createSecretKey(scryptSync(passphrase.normalize('NFKC'), Buffer.from(salt, 'base64'), 32, SCRYPT))
}
