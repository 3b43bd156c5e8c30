/**
 * The world outside, on loopback: a name server that answers as a test says, places that speak HTTP or HTTPS, and an authority whose
 * certificates they show. Everything ends with the world.
 */
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer as createHttp, type RequestListener, type Server } from 'node:http'
import { createServer as createHttps } from 'node:https'
import {
  type AddressInfo,
  createServer as createTcp,
  isIP,
  isIPv4,
  type Socket,
  type Server as TcpServer,
} from 'node:net'
import {
  BasicConstraintsExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' }
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' }
const DAY = 86_400_000

/** Answers the addresses of a name at this question: `asked` is 1 at the first time it is asked for this family. */
export type Names = (name: string, family: 4 | 6, asked: number) => readonly string[] | null | 'silence'

export interface Place {
  readonly port: number
  /** Connections that were ever made to it. */
  readonly visits: () => number
}

export interface OutsideWorld {
  /** PEM of the authority. */
  readonly ca: string
  /** `host:port` of the name server. */
  readonly nameServer: string
  /** How often names were asked for. */
  readonly asked: (name: string) => number
  http(listener: RequestListener): Promise<Place>
  /** With a certificate for `names`. */
  https(listener: RequestListener, names?: readonly string[]): Promise<Place>
  /** Speaks whatever it likes. */
  tcp(onConnection: (socket: Socket) => void): Promise<Place>
  stop(): Promise<void>
}

let known: ReturnType<typeof makeAuthority> | undefined

/** The authority that the installations of this process believe outside, besides those the system knows. */
export function theAuthority(): ReturnType<typeof makeAuthority> {
  known ??= makeAuthority()
  return known
}

/** Opens the world; `names` is what its name server knows, `issuer` whose certificates it shows, one of its own if none is given. */
export async function openWorld(
  names: Names = () => null,
  issuer: ReturnType<typeof makeAuthority> = makeAuthority(),
): Promise<OutsideWorld> {
  const servers: (Server | TcpServer)[] = []
  const sockets = new Set<Socket>()
  const authority = await issuer
  const counts = new Map<string, number>()
  const dns = createSocket('udp4')
  dns.on('message', (question, from) => {
    const { name, family, end } = readQuestion(question)
    const key = `${name}/${family}`
    const asked = (counts.get(key) ?? 0) + 1
    counts.set(key, asked)
    const found = names(name, family, asked)
    if (found === 'silence') return
    dns.send(answerTo(question, end, family, found), from.port, from.address)
  })
  dns.bind(0, '127.0.0.1')
  await once(dns, 'listening')

  async function open(server: Server | TcpServer): Promise<Place> {
    let visits = 0
    servers.push(server)
    server.on('connection', (socket: Socket) => {
      visits++
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.once('close', () => sockets.delete(socket))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return { port: (server.address() as AddressInfo).port, visits: () => visits }
  }

  return {
    ca: authority.pem,
    nameServer: `127.0.0.1:${dns.address().port}`,
    asked: (name) => counts.get(`${name}/4`) ?? 0,
    http: (listener) => open(createHttp(listener)),
    https: async (listener, hosts = ['localhost', '127.0.0.1']) =>
      open(createHttps(await authority.issue(hosts), listener)),
    tcp: (onConnection) => open(createTcp(onConnection)),
    async stop() {
      dns.close()
      for (const socket of sockets) socket.destroy()
      await Promise.all(
        servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))),
      )
    },
  }
}

function readQuestion(message: Buffer): { name: string; family: 4 | 6; end: number } {
  const labels: string[] = []
  let at = 12
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length))
    at += length + 1
  }
  return {
    name: labels.join('.').toLowerCase(),
    family: message.readUInt16BE(at + 1) === 28 ? 6 : 4,
    end: at + 5,
  }
}

function answerTo(question: Buffer, end: number, family: 4 | 6, found: readonly string[] | null): Buffer {
  const addresses = (found ?? []).filter((address) => isIPv4(address) === (family === 4))
  const head = Buffer.from(question.subarray(0, 12))
  head.writeUInt16BE(found === null ? 0x8183 : 0x8180, 2)
  head.writeUInt16BE(addresses.length, 6)
  head.writeUInt32BE(0, 8)
  const records = addresses.map((address) => {
    const bytes = bytesOf(address)
    const record = Buffer.alloc(12)
    record.writeUInt16BE(0xc00c, 0)
    record.writeUInt16BE(family === 4 ? 1 : 28, 2)
    record.writeUInt16BE(1, 4)
    record.writeUInt16BE(bytes.length, 10)
    return Buffer.concat([record, bytes])
  })
  return Buffer.concat([head, question.subarray(12, end), ...records])
}

function bytesOf(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number))
  // The URL parser writes an address in one form, in groups; `::` stands for as many zeros as are missing.
  const [left = '', right = ''] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::')
  const [front, back] = [left, right].map((side) => (side === '' ? [] : side.split(':')))
  const zeros = Array.from({ length: 8 - (front?.length ?? 0) - (back?.length ?? 0) }, () => '0')
  const groups = [...(front ?? []), ...zeros, ...(back ?? [])]
  return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex')
}

async function makeAuthority() {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const lasting = { notBefore: new Date(Date.now() - DAY), notAfter: new Date(Date.now() + DAY) }
  const own = await X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: 'CN=Outside authority',
    ...lasting,
    signingAlgorithm: SIGNING,
    keys,
    extensions: [new BasicConstraintsExtension(true, 0, true)],
  })
  return {
    pem: own.toString('pem'),
    async issue(names: readonly string[]): Promise<{ key: string; cert: string }> {
      const pair = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
      const certificate = await X509CertificateGenerator.create({
        serialNumber: '02',
        subject: `CN=${names[0]}`,
        issuer: own.subject,
        ...lasting,
        publicKey: pair.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: SIGNING,
        extensions: [
          new SubjectAlternativeNameExtension(
            names.map((value) => ({ type: isIP(value) ? ('ip' as const) : ('dns' as const), value })),
          ),
        ],
      })
      const exported = await webcrypto.subtle.exportKey('pkcs8', pair.privateKey)
      return { key: PemConverter.encode(exported, 'PRIVATE KEY'), cert: certificate.toString('pem') }
    },
  }
}
