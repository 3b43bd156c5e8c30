// A connection to an address that was judged, and to no other: nothing is resolved here. No proxy, no pool.
// Must stay true: over TLS the certificate is checked against the host of the address, always.
import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { PublicError } from '../../errors.ts'
import { STEP_MS } from './outbound-kinds.ts'

export interface Dial {
  readonly addresses: readonly string[]
  readonly port: number
  /** Name in the certificate; null without TLS. */
  readonly secureHost: string | null
  /** More authorities than those of the system (PEM); tests. */
  readonly ca?: readonly string[]
  readonly signal: AbortSignal
}

/** Connects to the first address that answers. Errors: `address_unreachable`, `address_untrusted`. */
export async function dial(where: Dial): Promise<Socket> {
  let last: unknown
  for (const address of where.addresses) {
    where.signal.throwIfAborted()
    try {
      return await dialOne(address, where)
    } catch (error) {
      where.signal.throwIfAborted()
      // Another address of the host would show the same certificate.
      if (error instanceof PublicError) throw error
      last = error
    }
  }
  throw new PublicError('address_unreachable', undefined, { cause: last })
}

function dialOne(host: string, { port, secureHost, ca, signal }: Dial): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const socket =
    secureHost === null
      ? connectPlain({ host, port })
      : connectTls({
          host,
          port,
          minVersion: 'TLSv1.2',
          rejectUnauthorized: true,
          // A number has no place in the handshake; the certificate is then held to the number.
          ...(isIP(secureHost) === 0 ? { servername: secureHost.replace(/\.$/, '') } : { servername: '' }),
          ...(ca ? { ca: [...ca] } : {}),
        })
  const late = setTimeout(() => socket.destroy(new Error('no connection in time')), STEP_MS.connect)
  const stop = (): void => void socket.destroy(new Error('called off'))
  const settle = (): void => {
    clearTimeout(late)
    signal.removeEventListener('abort', stop)
  }
  signal.addEventListener('abort', stop, { once: true })
  socket.once(secureHost === null ? 'connect' : 'secureConnect', () => {
    settle()
    resolve(socket)
  })
  const fail = (error: Error): void => {
    settle()
    reject(isCertificate(error) ? new PublicError('address_untrusted', undefined, { cause: error }) : error)
  }
  socket.once('error', fail)
  return promise
}

/** OpenSSL's verdicts on certificates, a host it is not for, and whatever is no TLS at all. */
function isCertificate(error: Error): boolean {
  const code = 'code' in error ? String(error.code) : ''
  return /CERT|ERR_TLS_|ERR_SSL_|SELF_SIGNED|UNABLE_TO_|EPROTO|HOSTNAME_MISMATCH/.test(code)
}
