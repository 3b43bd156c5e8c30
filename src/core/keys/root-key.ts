// The root key: a file of 32 random bytes, or the same wrapped under a passphrase (scrypt) or by a key that a PKCS#11 token holds.
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
import { openByToken, type SealedByToken, sealByToken, type TokenAddress } from './token-key.ts'

const SCRYPT = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 2 ** 20 }
const PLACE = 'panoply root key'

const RootKeyFile = Type.Union([
  Type.Object({ format: Type.Literal(1), key: Type.String() }),
  Type.Object({ format: Type.Literal(1), salt: Type.String(), wrapped: Type.String() }),
  Type.Object({
    format: Type.Literal(1),
    token: Type.Object({ iv: Type.String(), sealed: Type.String() }),
    wrapped: Type.String(),
  }),
])
type RootKeyFile = Type.Static<typeof RootKeyFile>

export interface RootKey {
  key: KeyObject
  kind: 'file' | 'passphrase' | 'token'
}

/** What wraps the key at creation and opens it ever after; at most one of both. */
export interface RootKeyOpener {
  passphrase?: string | undefined
  token?: TokenAddress | undefined
}

export interface RootKeyPlace extends RootKeyOpener {
  file: string
}

/**
 * Reads the root key. Throws KeeperFault when the file is missing, open to others, damaged, or what was given to open it does not fit.
 */
export function loadRootKey({ file, ...opener }: RootKeyPlace): RootKey {
  if (!existsSync(file))
    throw new KeeperFault(`The root key ${file} is missing; nothing here opens without it.`)
  if ((statSync(file).mode & 0o077) !== 0)
    throw new KeeperFault(`The root key ${file} is open to other users: chmod 600 it.`)
  const content = readRootKeyFile(file)
  const kind = kindOf(content)
  const given = kindGiven(opener)
  if (given !== 'file' && given !== kind)
    throw new KeeperFault(`A ${given} was given, but ${file} is not wrapped in one.`)
  if (given !== kind) throw new KeeperFault(`The root key ${file} needs its ${kind}.`)
  if ('key' in content) return { key: toKey(content.key, file), kind }
  try {
    const opened = openBytes(wrappingKey(content, opener), PLACE, Buffer.from(content.wrapped, 'base64'))
    return { key: toKey(opened.toString('base64'), file), kind }
  } catch (cause) {
    if (cause instanceof SealBroken) throw new KeeperFault(`The ${kind} does not open ${file}.`, { cause })
    throw cause
  }
}

/** Makes the root key, once; a file that is there already is never touched (EEXIST). */
export function createRootKey({ file, ...opener }: RootKeyPlace): void {
  const key = randomBytes(32)
  const content = wrap(key, opener)
  key.fill(0)
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const part = `${file}.new`
  writeDurably(part, Buffer.from(`${JSON.stringify(content)}\n`))
  linkSync(part, file)
  rmSync(part)
  syncFolder(dirname(file))
}

function kindOf(content: RootKeyFile): RootKey['kind'] {
  if ('key' in content) return 'file'
  return 'token' in content ? 'token' : 'passphrase'
}

function kindGiven({ passphrase, token }: RootKeyOpener): RootKey['kind'] {
  if (passphrase !== undefined && token !== undefined)
    throw new KeeperFault('The root key is opened by a passphrase or by a token, not by both.')
  if (token) return 'token'
  return passphrase === undefined ? 'file' : 'passphrase'
}

function wrap(key: Buffer, { passphrase, token }: RootKeyOpener): RootKeyFile {
  if (kindGiven({ passphrase, token }) === 'file') return { format: 1, key: key.toString('base64') }
  const secret = randomBytes(32)
  const opened = token ? { token: sealByToken(token, secret) } : { salt: randomBytes(16).toString('base64') }
  const under = 'salt' in opened ? fromPassphrase(passphrase ?? '', opened.salt) : createSecretKey(secret)
  secret.fill(0)
  return { format: 1, ...opened, wrapped: sealBytes(under, 1, PLACE, key).toString('base64') }
}

/** The key that wraps the root key. What a token answers is 32 bytes or no key; the seal under it shows whether they are the right ones. */
function wrappingKey(
  content: { salt: string } | { token: SealedByToken },
  { passphrase, token }: RootKeyOpener,
): KeyObject {
  if ('salt' in content) return fromPassphrase(passphrase ?? '', content.salt)
  if (!token) throw new KeeperFault('The root key is in a token.')
  const secret = openByToken(token, content.token)
  if (secret.length !== 32) throw new SealBroken('What the token opened is no key.')
  const key = createSecretKey(secret)
  secret.fill(0)
  return key
}

function readRootKeyFile(file: string): RootKeyFile {
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

function fromPassphrase(passphrase: string, salt: string): KeyObject {
  return createSecretKey(scryptSync(passphrase.normalize('NFKC'), Buffer.from(salt, 'base64'), 32, SCRYPT))
}
