// Owns: the home's own certificate authority and one server certificate a region.
// Must stay true: the authority's key is read by `up` alone, a region's key by the web alone; a kill between two files
// is noticed at the next start and mended; certificates are renewed 30 days before their end.
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import type { Config, RegionPlace } from '#core/config.ts'
import { hostName } from './host-name.ts'

const day = 24 * 3600 * 1000
const renewBefore = 30 * day
/** The longest that browsers and Apple's systems accept of a private authority. */
const serverDays = 825

/** Makes or renews what is missing or about to end. `web` is who may read the regions' keys; null is this user. */
export async function ensureCertificates(
  config: Config,
  web: { uid: number; gid: number } | null,
  now = new Date(),
): Promise<void> {
  const hasAuthority = isAuthorityGood(config, now)
  const due = config.regions.filter((region) => !hasAuthority || !isGood(config, region, now))
  if (due.length === 0) return
  // Loaded when there is something to sign, which is once in two years.
  const { issueCertificate, makeAuthority } = await import('./issue-certificates.ts')
  if (!hasAuthority) await makeAuthority(config, now)
  for (const region of due)
    await issueCertificate({ config, region, names: namesOf(region), web, now, days: serverDays - 1 })
}

/** The authority is there, its key is its own, and it outlives what it would sign. */
function isAuthorityGood({ caCertificateFile, caKeyFile }: Config, now: Date): boolean {
  if (!existsSync(caCertificateFile) || !existsSync(caKeyFile)) return false
  const certificate = new X509Certificate(readFileSync(caCertificateFile))
  const ends = new Date(certificate.validTo).getTime()
  return (
    ends - now.getTime() >= serverDays * day &&
    certificate.checkPrivateKey(createPrivateKey(readFileSync(caKeyFile)))
  )
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
      isIP(name) ? certificate.checkIP(name) !== undefined : certificate.checkHost(name) !== undefined,
    ) &&
    certificate.checkPrivateKey(createPrivateKey(readFileSync(region.certificateKeyFile)))
  )
}

function namesOf(region: RegionPlace): string[] {
  return [...new Set([region.hostName, 'localhost', hostName(), '127.0.0.1', '::1'])]
}
