// P9-33: the dashboard is HTTPS from the first to the last byte, and no handshake below 256 bits succeeds.
import { readFileSync } from 'node:fs'
import { connect } from 'node:tls'
import { askOwnWeb, bitsOf } from '#core/evidence/ask-own-web.ts'
import { judge } from '#core/evidence/evidence.ts'
import type { WorkerProbe } from './worker-ground.ts'

interface Offer {
  readonly name: string
  readonly minVersion: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'
  readonly maxVersion: Offer['minVersion']
  readonly ciphers: string
}
/** What a client may offer, and must not get. `@SECLEVEL=0` lets us offer what our own library would not. */
const WEAK: readonly Offer[] = [
  {
    name: 'TLS 1.3 with AES-128',
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    ciphers: 'TLS_AES_128_GCM_SHA256',
  },
  {
    name: 'TLS 1.2 with AES-128',
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.2',
    ciphers: 'AES128:@SECLEVEL=0',
  },
  {
    name: 'TLS 1.2 without forward secrecy',
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.2',
    ciphers: 'kRSA:@SECLEVEL=0',
  },
  { name: 'TLS 1.1', minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' },
  { name: 'TLS 1.0', minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' },
]

/** Weak offers, then a good one, and the page itself: it may load nothing by plain HTTP. */
export const cipherSuites: WorkerProbe = async ({ region, config }) => {
  const faults: string[] = []
  for (const offer of WEAK) {
    const got = await shake(region.hostName, region.port, config.caCertificateFile, offer)
    if (got !== null) faults.push(`${region.url} takes ${offer.name}: ${got}`)
  }
  const page = await askOwnWeb(`${region.url}/`, {
    ca: config.caCertificateFile,
    headers: { accept: 'text/html' },
  })
  if (!page.cipher || bitsOf(page.cipher.name) < 256)
    faults.push(`${region.url} negotiated ${page.cipher?.name ?? 'nothing'}`)
  if (/(src|href|action)=["']?http:/i.test(page.body)) faults.push('the page loads something by plain HTTP')
  return judge({ handshakes: WEAK.length + 1, refused: WEAK.length - faults.length }, faults)
}

/** The suite that was agreed on, or null when the handshake failed. */
function shake(
  host: string,
  port: number,
  ca: string,
  { minVersion, maxVersion, ciphers }: Offer,
): Promise<string | null> {
  return new Promise((resolve) => {
    const options = {
      host,
      port,
      servername: host,
      ca: readFileSync(ca),
      minVersion,
      maxVersion,
      ciphers,
      timeout: 5_000,
    }
    const socket = connect(options, () => {
      const { name } = socket.getCipher()
      socket.destroy()
      resolve(name)
    })
    const failed = (): void => {
      socket.destroy()
      resolve(null)
    }
    socket.once('error', failed)
    socket.once('timeout', failed)
  })
}
