// A key that stays in a PKCS#11 token (a smart card, an HSM): AES-256, named by its RFC 7512 address, used through OpenSC's pkcs11-tool.
// Must stay true: the PIN comes from a file and goes by the environment of the one child; no key touches a disk or an argument.
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { childEnvironment } from '../config.ts'
import { KeeperFault } from './keeper-fault.ts'

const TOOL = 'pkcs11-tool'
const LIMIT_MS = 30_000

/** Where the key is. */
export interface TokenAddress {
  /** The library that speaks for the token, an absolute path. */
  readonly module: string
  readonly token: string
  /** Id of the AES-256 key in it, hex (pkcs11-tool finds what decrypts by id alone). */
  readonly id: string
  /** Its first line is the user PIN. */
  readonly pinFile: string
}

/** What the token made of a secret. */
export interface SealedByToken {
  /** Hex, 16 bytes. */
  readonly iv: string
  /** Base64. */
  readonly sealed: string
}

/**
 * Reads `pkcs11:token=…;id=%01?module-path=…&pin-source=…` (RFC 7512; the pin source is a path or a file: address).
 * Throws KeeperFault for anything else, and for a PIN in the address itself.
 */
export function readTokenAddress(uri: string): TokenAddress {
  const [, path = '', query = ''] = /^pkcs11:([^?]*)(?:\?(.*))?$/.exec(uri) ?? []
  const parts = attributes([...path.split(';'), ...query.split('&')])
  const address = {
    module: parts.get('module-path') ?? '',
    token: parts.get('token') ?? '',
    id: parts.get('id') ?? '',
    pinFile: (parts.get('pin-source') ?? '').replace(/^file:(\/\/)?/, ''),
  }
  const known = parts.size === 4 && Object.values(address).every((value) => value !== '')
  if (!known || !address.module.startsWith('/') || !address.pinFile.startsWith('/'))
    throw new KeeperFault(
      'The address of a token is pkcs11:token=NAME;id=%01?module-path=/FILE&pin-source=file:/FILE.',
    )
  return address
}

function attributes(pieces: readonly string[]): Map<string, string> {
  const found = new Map<string, string>()
  for (const piece of pieces.filter((one) => one !== '')) {
    const at = piece.indexOf('=')
    try {
      const [name, value] = [piece.slice(0, Math.max(at, 0)), piece.slice(at + 1)]
      found.set(name, name === 'id' ? hexOf(value) : decodeURIComponent(value))
    } catch (cause) {
      if (!(cause instanceof URIError)) throw cause
      throw new KeeperFault('The address of a token is not percent-encoded as it should be.', { cause })
    }
  }
  return found
}

/** The bytes of an id, which need not be text. */
function hexOf(value: string): string {
  const bytes = value.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return Buffer.from(bytes, 'latin1').toString('hex')
}

/** Has the token encrypt `secret` (AES-256-CBC with padding: whoever opens it must check what comes out). Throws KeeperFault. */
export function sealByToken(address: TokenAddress, secret: Uint8Array): SealedByToken {
  const iv = randomBytes(16).toString('hex')
  return { iv, sealed: askToken(address, '--encrypt', iv, secret).toString('base64') }
}

/** What {@link sealByToken} was given; the caller checks it. Throws KeeperFault. */
export function openByToken(address: TokenAddress, { iv, sealed }: SealedByToken): Buffer {
  return askToken(address, '--decrypt', iv, Buffer.from(sealed, 'base64'))
}

function askToken(
  address: TokenAddress,
  what: '--encrypt' | '--decrypt',
  iv: string,
  input: Uint8Array,
): Buffer {
  const { module, token, id } = address
  const place = ['--module', module, '--token-label', token, '--login', '--pin', 'env:PANOPLY_TOKEN_PIN']
  const key = ['--type', 'secrkey', '--id', id, '--mechanism', 'AES-CBC-PAD', '--iv', iv]
  const { error, status, stdout, stderr } = spawnSync(TOOL, [...place, what, ...key], {
    input,
    timeout: LIMIT_MS,
    env: { ...childEnvironment(), PANOPLY_TOKEN_PIN: readPin(address.pinFile) },
  })
  if (error && 'code' in error && error.code === 'ENOENT')
    throw new KeeperFault(`The root key is in a token, and ${TOOL} is not here (Debian: opensc).`)
  if (error) throw new KeeperFault(`The token ${token} did not answer in time.`, { cause: error })
  if (status !== 0 || stdout.length === 0)
    throw new KeeperFault(`The token ${token} refused its key ${id}: ${lastWord(stderr)}`)
  return stdout
}

function readPin(file: string): string {
  let pin = ''
  try {
    if ((statSync(file).mode & 0o077) !== 0)
      throw new KeeperFault(`The PIN in ${file} is open to other users: chmod 600 it.`)
    pin = readFileSync(file, 'utf8').split(/\r?\n/, 1)[0] ?? ''
  } catch (cause) {
    if (cause instanceof KeeperFault || !(cause instanceof Error && 'code' in cause)) throw cause
    throw new KeeperFault(`The PIN of the token cannot be read from ${file}.`, { cause })
  }
  if (pin === '') throw new KeeperFault(`The first line of ${file} is no PIN.`)
  return pin
}

function lastWord(stderr: Buffer): string {
  const lines = stderr.toString().split('\n')
  return lines.find((line) => line.startsWith('error:'))?.slice(7) ?? lines[0] ?? ''
}
