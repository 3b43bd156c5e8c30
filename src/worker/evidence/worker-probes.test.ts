import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer as createPlain, type RequestListener, type Server } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { after, before, describe, it } from 'node:test'
import { Passwords } from '#core/auth/password.ts'
import { openBlobStore, SPOOL } from '#core/blobs/blob-store.ts'
import { buildConfig, type Config } from '#core/config.ts'
import { newId, newRoutingId } from '#core/ids.ts'
import { ensureCertificates } from '#up/certificates.ts'
import type { WorkerGround } from './worker-ground.ts'
import { lookAs, workerProbes } from './worker-probes.ts'

const STRONG = 'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:ECDHE-ECDSA-AES256-GCM-SHA384'
const HSTS = { 'strict-transport-security': 'max-age=31536000' }

describe('the probes of the worker', () => {
  let folder: string
  let config: Config
  let secure: Server
  let plain: Server
  let answer: RequestListener
  let answerPlain: RequestListener
  let ground: WorkerGround

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'panoply-probes-'))
    config = buildConfig({ role: 'up', home: join(folder, 'home'), env: {} })
    mkdirSync(join(config.home, 'tls'), { recursive: true })
    await ensureCertificates(config, null)
    const [first] = config.regions
    secure = tlsServer(config, { ciphers: STRONG, minVersion: 'TLSv1.2' }, (request, response) =>
      answer(request, response),
    )
    plain = createPlain((request, response) => answerPlain(request, response))
    const [port, httpPort] = [await listening(secure), await listening(plain)]
    const region = { ...first, port, url: `https://localhost:${port}`, blobRoot: join(folder, 'blobs') }
    mkdirSync(region.blobRoot, { mode: 0o700 })
    ground = {
      region,
      config: { ...config, httpPort, regions: [region] },
      passwords: new Passwords(),
      workRoot: mkdtempSync(join(folder, 'work-')),
    }
    answer = (request, response) => {
      const isOpen = request.url === '/' || request.url === '/v1/regions'
      response
        .writeHead(isOpen ? 200 : request.url?.startsWith('/v1/') ? 401 : 404, {
          ...HSTS,
          'content-type': 'application/json',
        })
        .end('{}')
    }
    answerPlain = (request, response) => {
      response.writeHead(308, { location: `${region.url}${request.url}` }).end()
    }
  })
  after(() => {
    secure?.close()
    plain?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  async function look(name: string, over: Partial<WorkerGround> = {}) {
    return lookAs({ ...ground, ...over }, name, { warn: () => undefined })
  }
  async function holds(name: string): Promise<void> {
    const found = await look(name)
    assert.equal(found.outcome, 'pass', found.faults.join('\n'))
  }

  it('tls-ports: PX-09 fails when the plain port answers anything but a redirect', async () => {
    await holds('tls-ports')
    const good = answerPlain
    answerPlain = (_, response) => void response.end('hello')
    const broken = await look('tls-ports')
    answerPlain = good
    assert.equal(broken.outcome, 'fail')
    assert.match(broken.faults.join('\n'), /plain GET \/ answered 200/)
    await holds('tls-ports')
  })

  it('tls-ports: PX-09 fails when the region’s port takes plain HTTP', async () => {
    const server = createPlain((_, response) => void response.writeHead(200, HSTS).end('{}'))
    const port = await listening(server)
    const { region } = ground
    const broken = await look('tls-ports', { region: { ...region, port } })
    server.close()
    server.closeAllConnections()
    assert.match(broken.faults.join('\n'), /answers plain HTTP/)
  })

  it('tls-ports: PX-09 is not known while nobody serves', async () => {
    const broken = await look('tls-ports', {
      region: { ...ground.region, url: 'https://localhost:1', port: 1 },
    })
    assert.equal(broken.outcome, 'unknown')
    assert.match(broken.faults.join(), /ECONNREFUSED/)
  })

  it('cipher-suites: P9-33 fails when a handshake below 256 bits succeeds', async () => {
    await holds('cipher-suites')
    const weak = tlsServer(
      config,
      { ciphers: `${STRONG}:TLS_AES_128_GCM_SHA256:ECDHE-ECDSA-AES128-GCM-SHA256` },
      (request, response) => answer(request, response),
    )
    const port = await listening(weak)
    const broken = await look('cipher-suites', {
      region: { ...ground.region, port, url: `https://localhost:${port}` },
    })
    weak.close()
    assert.equal(broken.outcome, 'fail')
    assert.match(broken.faults.join('\n'), /takes TLS 1\.3 with AES-128/)
  })

  it('password-hash: P9-15 fails when passwords are hashed cheaply, or not at all', async () => {
    await holds('password-hash')
    const cheap = async () =>
      '$argon2id$v=19$m=1024,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
    const broken = await look('password-hash', { passwords: { hash: cheap, matches: async () => true } })
    assert.match(
      broken.faults.join('\n'),
      /below the floor[\s\S]*share a salt[\s\S]*a wrong password matches/,
    )
    const plainly = await look('password-hash', {
      passwords: { hash: async (word) => word, matches: async (one, other) => one === other },
    })
    assert.match(plainly.faults.join('\n'), /not argon2id/)
  })

  it('blob-doors: PX-17 fails when a stored file is open to every user, or to anybody who asks', async () => {
    const path = await aBlob(ground.region.blobRoot)
    await holds('blob-doors')
    chmodSync(path, 0o644)
    assert.match((await look('blob-doors')).faults.join('\n'), /open to every user/)
    chmodSync(path, 0o600)
    const good = answer
    answer = (request, response) =>
      request.url?.includes('/content')
        ? void response.writeHead(200, { 'content-type': 'application/pdf' }).end('%PDF')
        : good(request, response)
    const broken = await look('blob-doors')
    answer = good
    assert.match(broken.faults.join('\n'), /content answered 200 without a credential/)
    await holds('blob-doors')
  })

  it('blob-doors: PX-14 fails when files lie in a place that is no organisation’s own', async () => {
    const strange = join(ground.region.blobRoot, 'shared')
    mkdirSync(strange, { mode: 0o700 })
    const broken = await look('blob-doors')
    rmSync(strange, { recursive: true })
    assert.match(broken.faults.join('\n'), /shared is no organisation's container/)
  })

  it('blob-doors: the spool of signed bodies is no container, and PX-17 fails when others may look into it', async () => {
    const spool = join(ground.region.blobRoot, SPOOL)
    mkdirSync(spool, { mode: 0o700 })
    writeFileSync(join(spool, newId()), 'half a body')
    await holds('blob-doors')
    chmodSync(spool, 0o750)
    const broken = await look('blob-doors')
    rmSync(spool, { recursive: true })
    assert.match(broken.faults.join('\n'), /spool of signed bodies is open/)
  })

  it('sealed-blobs: PD-03 fails when a stored file is readable', async () => {
    await aBlob(ground.region.blobRoot)
    await holds('sealed-blobs')
    const path = await aBlob(ground.region.blobRoot)
    writeFileSync(
      path,
      'The minutes of the meeting of the ninth of May, taken down in full and kept in clear.',
    )
    const broken = await look('sealed-blobs')
    rmSync(path)
    assert.match(broken.faults.join('\n'), /no message of a 256-bit suite/)
    assert.doesNotMatch(JSON.stringify(broken), /minutes/)
  })

  it('work-leftovers: P9-23 fails when a job left something behind', async () => {
    await holds('work-leftovers')
    const left = mkdtempSync(join(ground.workRoot ?? '', 'job-'))
    utimesSync(left, new Date(0), new Date(0))
    const broken = await look('work-leftovers')
    rmSync(left, { recursive: true })
    assert.match(broken.faults.join('\n'), /was left by a job that ended/)
  })

  it('are all tried here', () => {
    assert.equal(Object.keys(workerProbes).length, 6)
  })
})

function tlsServer(config: Config, options: object, listener: RequestListener): Server {
  const [{ certificateFile, certificateKeyFile }] = config.regions
  return createServer(
    {
      cert: readFileSync(certificateFile),
      key: readFileSync(certificateKeyFile),
      honorCipherOrder: true,
      ...options,
    },
    listener,
  ) as unknown as Server
}
function listening(server: Server): Promise<number> {
  return new Promise((resolve) =>
    server.listen(0, 'localhost', () => resolve((server.address() as AddressInfo).port)),
  )
}
async function aBlob(root: string): Promise<string> {
  const container = newRoutingId()
  const id = newId()
  await openBlobStore(root).put(
    container,
    id,
    createSecretKey(randomBytes(32)),
    Readable.from([Buffer.from('words that nobody may read')]),
  )
  return join(root, container, id.slice(-2), id)
}
