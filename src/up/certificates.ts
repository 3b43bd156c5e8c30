// Owns: the home's own certificate authority and one server certificate a region.
// Must stay true: the authority's key is read by `up` alone, a region's key by the web alone; a kill between two files
// is noticed at the next start and mended; certificates are renewed 30 days before their end.
import 'reflect-metadata'
import { createPrivateKey, randomBytes, webcrypto, X509Certificate } from 'node:crypto'
import { chownSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
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

const day = 24 * 3600 * 1000
const renewBefore = 30 * day
const authorityDays = 3650
/** The longest that browsers and Apple's systems accept of a private authority. */
const serverDays = 825

const authorityAlgorithm = { name: 'ECDSA', namedCurve: 'P-384' }
const serverAlgorithm = { name: 'ECDSA', namedCurve: 'P-256' }

interface Issuer {
  readonly certificate: Certificate
  readonly key: webcrypto.CryptoKey
}

/** Makes or renews what is missing or about to end. `web` is who may read the regions' keys; null is this user. */
export async function ensureCertificates(
  config: Config,
  web: { uid: number; gid: number } | null,
  now = new Date(),
): Promise<void> {
  const issuer = (await readAuthority(config, now)) ?? (await makeAuthority(config, now))
  for (const region of config.regions)
    if (!isGood(config, region, now)) await issue(config, region, issuer, web, now)
}

async function readAuthority(config: Config, now: Date): Promise<Issuer | null> {
  const { caCertificateFile, caKeyFile } = config
  if (!existsSync(caCertificateFile) || !existsSync(caKeyFile)) return null
  const certificate = new Certificate(readFileSync(caCertificateFile, 'utf8'))
  // It must outlive what it signs.
  if (certificate.notAfter.getTime() - now.getTime() < serverDays * day) return null
  const [der] = PemConverter.decode(readFileSync(caKeyFile, 'utf8'))
  if (!der) return null
  const key = await webcrypto.subtle.importKey('pkcs8', der, authorityAlgorithm, true, ['sign'])
  const pair = new X509Certificate(certificate.toString('pem'))
  return pair.checkPrivateKey(createPrivateKey(readFileSync(caKeyFile))) ? { certificate, key } : null
}

async function makeAuthority(config: Config, now: Date): Promise<Issuer> {
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
  return { certificate, key: keys.privateKey }
}

async function issue(
  config: Config,
  region: RegionPlace,
  issuer: Issuer,
  web: { uid: number; gid: number } | null,
  now: Date,
): Promise<void> {
  const keys = await webcrypto.subtle.generateKey(serverAlgorithm, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.create({
    serialNumber: newSerial(),
    subject: `CN=${region.hostName}, O=Panoply, OU=${region.name}`,
    issuer: issuer.certificate.subject,
    notBefore: new Date(now.getTime() - day),
    notAfter: new Date(now.getTime() + (serverDays - 1) * day),
    publicKey: keys.publicKey,
    signingKey: issuer.key,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-384' },
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.1']),
      new SubjectAlternativeNameExtension(namesOf(region).map((value) => ({ type: kindOf(value), value }))),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(issuer.certificate.publicKey),
    ],
  })
  replace(region.certificateKeyFile, await pemOf(keys.privateKey), 0o400, web)
  const chain = `${certificate.toString('pem')}\n${readFileSync(config.caCertificateFile, 'utf8')}`
  replace(region.certificateFile, chain, 0o644, null)
}

/** The region's certificate suits its key, its names, its authority, and the next 30 days. */
function isGood(config: Config, region: RegionPlace, now: Date): boolean {
  if (!existsSync(region.certificateFile) || !existsSync(region.certificateKeyFile)) return false
  const certificate = new X509Certificate(readFileSync(region.certificateFile))
  const authority = new X509Certificate(readFileSync(config.caCertificateFile))
  const ends = new Date(certificate.validTo).getTime()
  return (
    ends - now.getTime() > renewBefore &&
    certificate.verify(authority.publicKey) &&
    namesOf(region).every((name) =>
      kindOf(name) === 'ip'
        ? certificate.checkIP(name) !== undefined
        : certificate.checkHost(name) !== undefined,
    ) &&
    certificate.checkPrivateKey(createPrivateKey(readFileSync(region.certificateKeyFile)))
  )
}

function namesOf(region: RegionPlace): string[] {
  return [...new Set([region.hostName, 'localhost', hostName(), '127.0.0.1', '::1'])]
}

/** A host's name may be empty or hold what no certificate may. */
function hostName(): string {
  const name = hostname().toLowerCase()
  return /^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/.test(name) ? name : 'localhost'
}

function kindOf(name: string): 'ip' | 'dns' {
  return /^[\d.]+$|:/.test(name) ? 'ip' : 'dns'
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
