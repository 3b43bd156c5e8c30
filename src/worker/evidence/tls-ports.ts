// PX-09: the region's port speaks TLS with a certificate for its name and nothing else; the plain port redirects to it and
// answers nothing else, whatever is asked.
import { connect } from 'node:net'
import { askOwnWeb } from '#core/evidence/ask-own-web.ts'
import { judge } from '#core/evidence/evidence.ts'
import type { WorkerProbe } from './worker-ground.ts'

const PLAIN = [
  { method: 'GET', path: '/' },
  { method: 'GET', path: '/v1/me' },
  { method: 'POST', path: '/v1/sessions' },
  { method: 'DELETE', path: '/v1/documents/x' },
  { method: 'GET', path: '/assets/../v1/regions?x=1' },
] as const

/** One handshake, some plain requests to the redirecting port, and plain words to the TLS port. */
export const tlsPorts: WorkerProbe = async ({ region, config }) => {
  const faults: string[] = []
  const first = config.regions[0]
  const ca = config.caCertificateFile
  const served = await askOwnWeb(`${region.url}/v1/regions`, { ca })
  if (served.status !== 200) faults.push(`${region.url} answered ${served.status}`)
  const hsts = String(served.headers['strict-transport-security'] ?? '')
  if (!/max-age=[1-9]\d{6,}/.test(hsts)) faults.push(`${region.url} does not tell browsers to stay with TLS`)
  for (const { method, path } of PLAIN) {
    const url = `http://${first.hostName}:${config.httpPort}${path}`
    const { status, headers, body } = await askOwnWeb(url, { method, ca })
    const to = String(headers.location ?? '')
    if (status < 301 || status > 308 || !to.startsWith(`${first.url}/`))
      faults.push(`plain ${method} ${path} answered ${status} and leads to ${to || 'nowhere'}`)
    if (body !== '') faults.push(`plain ${method} ${path} answered ${body.length} bytes`)
  }
  const words = await speakPlainly(region.hostName, region.port)
  // Node ends such a connection, or says 400 in plain words; a page it must not give.
  if (/^HTTP\/1\.[01] [1235]/.test(words))
    faults.push(`${region.url} answers plain HTTP: ${words.slice(0, 40)}`)
  return judge({ handshakes: 1, plainRequests: PLAIN.length + 1 }, faults)
}

/** What a TLS port says to plain HTTP, at most 4 KiB. */
export function speakPlainly(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    let said = ''
    const socket = connect({ host, port, timeout: 3_000 }, () =>
      socket.write('GET /v1/regions HTTP/1.1\r\nhost: x\r\n\r\n'),
    )
    const done = (): void => {
      socket.destroy()
      resolve(said)
    }
    socket.setEncoding('latin1').on('data', (piece: string) => {
      said = (said + piece).slice(0, 4096)
      done()
    })
    for (const event of ['end', 'error', 'close', 'timeout'] as const) socket.once(event, done)
  })
}
