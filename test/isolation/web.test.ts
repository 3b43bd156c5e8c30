import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { before, describe, it } from 'node:test'
import { type ConnectionOptions, connect } from 'node:tls'
import { type DemoTenant, type Installation, theInstallation } from '../installation.ts'
import { ownerSession } from '../people.ts'

describe('the web of an installation', () => {
  let house: Installation
  let acme: DemoTenant
  let session: string
  before(async () => {
    house = await theInstallation()
    acme = house.tenants[0]
    session = await ownerSession(house, acme)
  })

  it('answers over plain HTTP with a redirect and nothing else', async () => {
    for (const path of ['/', '/v1/me', '/v1/documents?x=1', '//evil.example/', '/\\evil.example']) {
      const reply = await plain(`${house.httpUrl}`, path, { authorization: `Bearer ${session}` })
      assert.equal(reply.status, 308, path)
      assert.equal(reply.length, 0)
      assert.equal(new URL(reply.location).origin, house.url, path)
    }
  })

  it('speaks TLS 1.2 and 1.3 with 256-bit suites alone', async () => {
    const { port } = new URL(house.url)
    const ca = readFileSync(house.ca)
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const cipher = await handshake({ port: Number(port), ca, minVersion: version, maxVersion: version })
      assert.match(cipher, /256/, version)
    }
    const refused = [
      { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
      {
        minVersion: 'TLSv1.2',
        maxVersion: 'TLSv1.2',
        ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256',
      },
      { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', ciphers: 'AES256-GCM-SHA384:AES256-SHA' },
      { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3', ciphers: 'TLS_AES_128_GCM_SHA256' },
    ] as const
    for (const options of refused) await assert.rejects(handshake({ port: Number(port), ca, ...options }))
  })

  it('sends the headers that keep other pages out with every answer', async () => {
    for (const path of ['/', '/v1/me', '/v1/unheard-of', '/v1/regions', '/assets/unheard-of.js']) {
      const { headers } = await house.ask(`${house.url}${path}`, { headers: { accept: 'text/html' } })
      const csp = String(headers['content-security-policy'])
      assert.match(csp, /default-src/, path)
      assert.doesNotMatch(csp, /unsafe-eval|script-src[^;]*('unsafe-inline'|\*|data:|blob:)/, path)
      assert.match(csp, /frame-ancestors 'none'/, path)
      assert.match(String(headers['strict-transport-security']), /max-age=31536000/, path)
      assert.equal(headers['x-content-type-options'], 'nosniff', path)
      assert.equal(headers['x-powered-by'], undefined, path)
    }
  })

  it('gives a cookie that scripts and other hosts cannot have', async () => {
    const reply = await house.ask(`${acme.url}/v1/sessions`, { json: acme.owner })
    const cookie = String(reply.headers['set-cookie'])
    assert.match(cookie, new RegExp(`^__Host-panoply-${acme.region}=`))
    for (const part of ['Secure', 'HttpOnly', 'Path=/'])
      assert.match(cookie, new RegExp(`; ?${part}(;|,|$)`, 'i'))
    assert.match(cookie, /; ?SameSite=(Lax|Strict)/i)
    assert.doesNotMatch(cookie, /Domain=/i)
  })

  it('does nothing for a page of another site that has the cookie', async () => {
    const cookie = `__Host-panoply-${acme.region}=${session}`
    const ask = (headers: Record<string, string>) =>
      house.ask(`${acme.url}/v1/api-keys`, { json: { name: 'stolen' }, headers: { cookie, ...headers } })
    for (const headers of [
      {},
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'none' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: `${acme.url}.evil.example` },
      { origin: acme.url.replace('https', 'http') },
    ]) {
      const reply = await ask(headers)
      assert.equal(reply.status, 403, JSON.stringify(headers))
      assert.equal(reply.json.code, 'cross_site')
    }
    assert.equal((await ask({ 'sec-fetch-site': 'same-origin', origin: acme.url })).status, 201)
  })

  it('serves a region on its port under its host name, and under no other', async () => {
    const { hostname, port, host } = new URL(acme.url)
    const foreign = new URL(house.tenants[1].url).host
    const ask = async (hosts: readonly string[], more = 'accept: */*') => {
      const socket = connect({
        host: hostname,
        port: Number(port),
        ca: readFileSync(house.ca),
        servername: hostname,
      })
      const lines = hosts.map((name) => `Host: ${name}\r\n`).join('')
      socket.write(`GET /v1/regions HTTP/1.1\r\n${lines}${more}\r\nConnection: close\r\n\r\n`)
      let answer = ''
      for await (const piece of socket.setEncoding('utf8')) answer += piece
      return answer
    }
    assert.match(await ask([host]), /^HTTP\/1\.1 200 /)
    for (const other of [
      foreign,
      'evil.example',
      `evil.example:${port}`,
      hostname,
      `127.0.0.1:${port}`,
      '',
    ]) {
      const answer = await ask([other])
      assert.match(answer, /^HTTP\/1\.1 421 /, other)
      assert.match(answer, /"code":"wrong_region"/, other)
      assert.ok(answer.includes(`"url":"${acme.url}"`), other)
    }
    for (const hosts of [[host, host], [host, 'evil.example'], ['evil.example', host], []])
      assert.match(await ask(hosts), /^HTTP\/1\.1 400 /, hosts.join())
    // Neither a key of that other region nor a page under another name gets further.
    const key = `authorization: API-Key ${house.tenants[1].apiKey}`
    assert.match(await ask([foreign], key), /^HTTP\/1\.1 421 /)
    const cookie = `cookie: __Host-panoply-${acme.region}=${session}\r\norigin: https://evil.example`
    assert.match(await ask(['evil.example'], cookie), /^HTTP\/1\.1 421 /)
  })

  it('shows its API and its errors to anybody, and says nothing twice to who has it', async () => {
    const paths = [
      '/v1/openapi.json',
      ...['', '/api', '/errors', '/signing', '/uploads', '/webhooks'].map((at) => `/docs${at}`),
    ]
    for (const path of paths) {
      const type = path.endsWith('.json') ? /json/ : /html/
      const first = await house.ask(`${acme.url}${path}`)
      assert.equal(first.status, 200, path)
      assert.match(String(first.headers['content-type']), type, path)
      const headers = { 'if-none-match': String(first.headers.etag) }
      const again = await house.ask(`${acme.url}${path}`, { headers })
      assert.equal(again.status, 304, path)
      assert.equal(again.bytes.length, 0, path)
    }
    const { json } = await house.ask(`${acme.url}/v1/openapi.json`)
    assert.equal(json.openapi, '3.1.0')
    const refused = await house.ask(`${acme.url}/v1/me`)
    const [page, anchor] = String(refused.json.type).split('#')
    assert.ok(String((await house.ask(`${acme.url}${page}`)).bytes).includes(`id="${anchor}"`))
  })

  it('lets no other origin read an answer', async () => {
    for (const method of ['GET', 'OPTIONS']) {
      const { headers } = await house.ask(`${acme.url}/v1/me`, {
        method,
        session,
        headers: { origin: 'https://evil.example', 'access-control-request-method': 'GET' },
      })
      assert.equal(headers['access-control-allow-origin'], undefined)
      assert.equal(headers['access-control-allow-credentials'], undefined)
    }
  })
})

function plain(
  base: string,
  path: string,
  headers: Record<string, string>,
): Promise<{ status: number; location: string; length: number }> {
  const { hostname, port } = new URL(base)
  return new Promise((resolve, reject) => {
    const sent = request({ host: hostname, port, path, headers }, (reply) => {
      let length = 0
      reply.on('data', (piece: Buffer) => {
        length += piece.length
      })
      reply.on('end', () =>
        resolve({ status: reply.statusCode ?? 0, location: reply.headers.location ?? '', length }),
      )
    })
    sent.on('error', reject)
    sent.end()
  })
}

function handshake(options: ConnectionOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: 'localhost', servername: 'localhost', ...options }, () => {
      resolve(socket.getCipher().name)
      socket.destroy()
    })
    socket.on('error', reject)
  })
}
