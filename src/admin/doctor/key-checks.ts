// What opens everything: the root key, the keeper's state, the certificates. Must stay true: keys are looked at, never shown or kept.
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { findAccount } from '#core/become-user.ts'
import type { Config } from '#core/config.ts'
import { due, type Finding, failed, ok, unknown } from './finding.ts'
import { type Ground, look, readText } from './ground.ts'

const DAY = 86_400_000
/** `up` renews 30 days before the end, at a start. */
const SOON = 30 * DAY

/** Root key, replicas of the keeper's state, certificates of every region. */
export function keyChecks(ground: Ground): Finding[] {
  const { config } = ground
  return config
    ? [checkRootKey(ground, config), checkReplicas(config), checkCertificates(ground, config)]
    : []
}

function checkRootKey({ uid }: Ground, config: Config): Finding {
  const file = config.rootKeyFile
  const at = look(file)
  const trouble = (found: string, means: string, todo: string) => failed('root key', { found, means, todo })
  if (at === 'EACCES')
    return unknown('root key', {
      found: `${file} is closed to user ${uid}.`,
      means: 'Whether it is whole cannot be told.',
      todo: 'Ask as root, or as the user who runs the installation.',
    })
  if (typeof at === 'string')
    return trouble(
      `There is no ${file}.`,
      'Nothing that is kept here opens without it.',
      'Bring it back from where its copy is kept, with mode 600. Start nothing before that.',
    )
  if (!at.isFile())
    return trouble(`${file} is not a file.`, 'The keeper does not start.', 'Put the key file itself there.')
  if (`${file}/`.startsWith(`${config.home}/`))
    return trouble(
      `${file} lies inside the home.`,
      'Whoever copies the home has the key to it.',
      'Stop, move it out of the home, and name its place in PANOPLY_ROOT_KEY at the next start.',
    )
  if ((at.mode & 0o077) !== 0)
    return trouble(
      `${file} has mode ${(at.mode & 0o777).toString(8)}.`,
      'Other users of this machine may read it, and the keeper refuses to start.',
      `chmod 600 ${file}`,
    )
  const owner = config.hasSystemUsers ? findAccount('panoply-keeper')?.uid : uid || at.uid
  if (owner !== undefined && at.uid !== owner)
    return trouble(
      `${file} belongs to user ${at.uid}.`,
      'The keeper cannot read it.',
      `chown ${owner} ${file}`,
    )
  const text = readText(file)
  const form = text === null ? null : formOf(text)
  if (form === null)
    return trouble(
      `${file} is no root key.`,
      'It is damaged, or something else was put in its place.',
      'Bring it back from where its copy is kept.',
    )
  return ok('root key', `${file}, mode 600, ${form}.`)
}

/** How the key is kept, or null when the text is no key file. */
function formOf(text: string): string | null {
  try {
    const content: unknown = JSON.parse(text)
    const has = (name: string) => content instanceof Object && Reflect.get(content, name) !== undefined
    if (has('token')) return 'opened by a PKCS#11 token'
    if (has('wrapped')) return 'opened by a passphrase'
    return has('key') ? 'as it is' : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

function checkReplicas({ keeperFolder }: Config): Finding {
  const files = [keeperFolder, join(keeperFolder, 'replica')].map((folder) => join(folder, 'state.sealed'))
  const seen = files.map((file) => ({ file, at: look(file) }))
  if (seen.every(({ at }) => at === 'EACCES'))
    return unknown('keeper state', {
      found: `${keeperFolder} is closed to you.`,
      means: 'Whether its replicas are there cannot be told.',
      todo: 'Ask as root, or as the user who runs the installation.',
    })
  const missing = seen.filter(({ at }) => typeof at === 'string' || !at.isFile() || at.size < 64)
  if (missing.length === 0) return ok('keeper state', `${seen.length} replicas.`)
  const names = missing.map(({ file }) => file).join(', ')
  return missing.length < seen.length
    ? due('keeper state', {
        found: `A replica is missing or cut off: ${names}.`,
        means: 'The other one serves; a second loss would be the loss of everything.',
        todo: 'Start it again: the keeper mends the replica from the other one.',
      })
    : failed('keeper state', {
        found: `No replica is whole: ${names}.`,
        means: 'The keys of all regions stand in it; nothing opens without them.',
        todo: 'Bring one back from where its copy is kept. Start nothing before that.',
      })
}

function checkCertificates({ now }: Ground, config: Config): Finding {
  const authority = certificateIn(config.caCertificateFile)
  if (!authority)
    return failed('certificates', {
      found: `${config.caCertificateFile} is missing or no certificate.`,
      means: 'Nobody can tell whether it is this installation that answers.',
      todo: 'Start it again: npm start makes a new authority, which browsers then have to learn.',
    })
  const regions = config.regions.map((region) => ({ region, faults: faultsOf(region, authority, now) }))
  const ends = new Date(authority.validTo).getTime()
  const faults = [
    ...(ends < now.getTime() ? [`the authority ended on ${authority.validTo}`] : []),
    ...regions.flatMap(({ region, faults }) => faults.map((fault) => `${region.name} ${fault}`)),
  ]
  if (faults.length > 0)
    return failed('certificates', {
      found: `${faults.join('; ')}.`,
      means: 'Browsers refuse the connection, or warn.',
      todo: 'Start it again: npm start makes and renews certificates.',
    })
  const first = Math.min(...config.regions.map((region) => endOf(region.certificateFile)))
  const until = new Date(first).toISOString().slice(0, 10)
  return first - now.getTime() < SOON
    ? due('certificates', {
        found: `The first one ends on ${until}.`,
        means: 'They are renewed at a start, from 30 days before their end.',
        todo: 'Start it again before that day.',
      })
    : ok('certificates', `${config.regions.length} regions, signed by the home’s authority, until ${until}.`)
}

function faultsOf(region: Config['regions'][number], authority: X509Certificate, now: Date): string[] {
  const certificate = certificateIn(region.certificateFile)
  if (!certificate) return ['has no certificate']
  const key = readText(region.certificateKeyFile)
  const from = new Date(certificate.validFrom).getTime()
  return [
    ...(endOf(region.certificateFile) < now.getTime() ? [`ended on ${certificate.validTo}`] : []),
    ...(from > now.getTime() ? [`begins on ${certificate.validFrom}`] : []),
    ...(certificate.verify(authority.publicKey) ? [] : ['is signed by somebody else']),
    ...(certificate.checkHost(region.hostName) || certificate.checkIP(region.hostName)
      ? []
      : [`is not for ${region.hostName}`]),
    // A key that is closed to whoever asks is judged by its mode, elsewhere.
    ...(key === null || isKeyOf(certificate, key) ? [] : ['does not suit its key']),
  ]
}

function isKeyOf(certificate: X509Certificate, pem: string): boolean {
  try {
    return certificate.checkPrivateKey(createPrivateKey(pem))
  } catch (error) {
    if (error instanceof Error) return false
    throw error
  }
}

function endOf(file: string): number {
  const certificate = certificateIn(file)
  return certificate ? new Date(certificate.validTo).getTime() : 0
}

function certificateIn(file: string): X509Certificate | null {
  const text = readText(file)
  if (text === null) return null
  try {
    return new X509Certificate(text)
  } catch (error) {
    if (error instanceof Error) return null
    throw error
  }
}
