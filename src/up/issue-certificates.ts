// Owns: signing the home's certificates: the authority's own, and a server certificate for a region.
// Must stay true: each file appears in one step, a certificate after its key.
import 'reflect-metadata'
import { randomBytes, webcrypto } from 'node:crypto'
import { chownSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  X509Certificate as Certificate,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'
import type { Config, RegionPlace } from '#core/config.ts'
import { hostName } from './host-name.ts'

const day = 24 * 3600 * 1000
const authorityDays = 3650

const authorityAlgorithm = { name: 'ECDSA', namedCurve: 'P-384' }
const serverAlgorithm = { name: 'ECDSA', namedCurve: 'P-256' }

/** What a server certificate is made of. */
export interface CertificateOrder {
  readonly config: Config
  readonly region: RegionPlace
  /** Host names and addresses it is good for. */
  readonly names: readonly string[]
  /** Who may read its key; null is this user. */
  readonly web: { readonly uid: number; readonly gid: number } | null
  readonly now: Date
  /** How long it is good, from now. */
  readonly days: number
}

/** Makes a new authority in the place of the one there was. */
export async function makeAuthority(config: Config, now: Date): Promise<void> {
  const keys = await webcrypto.subtle.generateKey(authorityAlgorithm, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: `CN=Panoply authority of ${hostName()}, O=Panoply`,
    notBefore: new Date(now.getTime() - day),
    notAfter: new Date(now.getTime() + authorityDays * day),
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-384' },
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  replace(config.caKeyFile, await pemOf(keys.privateKey), 0o600, null)
  replace(config.caCertificateFile, `${certificate.toString('pem')}\n`, 0o644, null)
}

/** Makes a region's key and its certificate, signed by the home's authority. */
export async function issueCertificate(order: CertificateOrder): Promise<void> {
  const { config, region, names, web, now } = order
  const authority = new Certificate(readFileSync(config.caCertificateFile, 'utf8'))
  const [der] = PemConverter.decode(readFileSync(config.caKeyFile, 'utf8'))
  if (!der) throw new Error(`${config.caKeyFile} holds no key`)
  const signingKey = await webcrypto.subtle.importKey('pkcs8', der, authorityAlgorithm, true, ['sign'])
  const keys = await webcrypto.subtle.generateKey(serverAlgorithm, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.create({
    serialNumber: newSerial(),
    subject: `CN=${region.hostName}, O=Panoply, OU=${region.name}`,
    issuer: authority.subject,
    notBefore: new Date(now.getTime() - day),
    notAfter: new Date(now.getTime() + order.days * day),
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-384' },
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.1']),
      new SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) ? 'ip' : 'dns', value })),
      ),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(authority.publicKey),
    ],
  })
  replace(region.certificateKeyFile, await pemOf(keys.privateKey), 0o400, web)
  const chain = `${certificate.toString('pem')}\n${authority.toString('pem')}\n`
  replace(region.certificateFile, chain, 0o644, null)
}

/** Positive, 127 random bits. */
function newSerial(): string {
  const bytes = randomBytes(16)
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40
  return bytes.toString('hex')
}

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  return `${PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`
}

function replace(file: string, text: string, mode: number, owner: { uid: number; gid: number } | null): void {
  writeFileSync(`${file}.new`, text, { mode, flush: true })
  if (owner) chownSync(`${file}.new`, owner.uid, owner.gid)
  renameSync(`${file}.new`, file)
}
