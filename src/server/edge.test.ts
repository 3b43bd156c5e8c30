/** What anybody can send to the edge, by injection: each gets a problem with a code, and leaves an event or a count. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { after, before, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { silentLog } from '#core/log.ts'
import { fileForm } from '#test/ask.ts'
import { onePagePdf } from '#test/one-page-pdf.ts'
import { type OwnHouse, openHouse, type Resident } from '#test/own-house.ts'
import { buildApp } from './app.ts'
import { openGuard } from './guard-server.ts'
import { allRoutes } from './route-table.ts'
import { webPages } from './web-pages.ts'

let house: OwnHouse
let resident: Resident
let app: FastifyInstance
let server: Server
let port = 0
/** What the public was counted with: operation and outcome. */
const counted: string[] = []
const folder = mkdtempSync(join(tmpdir(), 'panoply-edge-'))

before(async () => {
  house = await openHouse()
  resident = await house.aResident()
  mkdirSync(join(folder, 'assets'))
  writeFileSync(join(folder, 'assets/a.js'), 'export {}')
  const { visits } = house.ctx
  const counting = Object.create(visits, {
    count: {
      value: (region: string, ip: string, reason: string) => {
        counted.push(`${region} ${ip} ${reason}`)
        return visits.count(region, ip, reason)
      },
    },
  })
  app = await buildApp({
    ctx: { ...house.ctx, visits: counting },
    log: silentLog(),
    routes: allRoutes(),
    hosts: { arrivalOf: () => 'eu', regionOf: () => 'eu' },
    trustedProxies: [],
    page: '<!doctype html>',
    pages: webPages(folder),
  })
  await app.ready()
  server = createServer((request, response) => app.routing(request, response))
  openGuard().protect(server, () => undefined)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  port = typeof address === 'object' && address ? address.port : 0
})
after(async () => {
  server.close()
  await app.close()
  await house.stop()
  rmSync(folder, { recursive: true })
})

const signedIn = () => ({ authorization: `Bearer ${resident.token}` })

test('numbers in an address are plain decimal digits', async () => {
  const forms = ['1e999', '0x10', '1e1', ' 5', '5.0', '+5', '05', '', 'Infinity', 'NaN', '١', '9'.repeat(400)]
  for (const text of forms) {
    for (const name of ['limit']) {
      for (const path of ['/v1/documents', '/v1/snips', '/v1/audit', '/v1/search']) {
        const url = `${path}?q=a&${name}=${encodeURIComponent(text)}`
        const { statusCode, body } = await app.inject({ url, headers: signedIn() })
        assert.equal(statusCode, 400, `${url}: ${body}`)
      }
    }
  }
  const width = '/v1/documents/doc_00000000000000000000000000/pages/1?width=1e999'
  assert.equal((await app.inject({ url: width, headers: signedIn() })).statusCode, 400)
  assert.equal((await app.inject({ url: '/v1/documents?limit=5', headers: signedIn() })).statusCode, 200)
})

test('a moment that no clock holds is refused, not our fault', async () => {
  const forms = [
    '2026-01-01T00:00:60Z',
    '2026-02-30T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2025-02-29T00:00:00Z',
  ]
  for (const expiresAt of forms) {
    const payload = { name: 'a key', expiresAt }
    const reply = await app.inject({ method: 'POST', url: '/v1/api-keys', payload, headers: signedIn() })
    assert.equal(reply.statusCode, 400, `${expiresAt}: ${reply.body}`)
  }
})

test('a path that leaves the folder of the pages is not found', async () => {
  const paths = [
    '/assets/../../../etc/passwd',
    '/assets/%2e%2e/%2e%2e/etc/passwd',
    '/assets/..%2f..%2fetc/passwd',
    '/assets/a%00.js',
    '/assets/a.js%00',
    '/assets/..%5c..%5cetc',
    `/assets/${'a'.repeat(5000)}`,
  ]
  for (const path of paths) {
    const answer = await raw(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
    assert.match(answer, /^HTTP\/1\.1 404 /, path)
    assert.match(answer, /problem\+json/, path)
  }
  // What is no file is the app's to show, and never a failure.
  for (const path of ['/../../../etc/passwd', '/%2e%2e/etc/passwd', '/a%00.js', '//evil.example/']) {
    const answer = await raw(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
    assert.match(answer, /^HTTP\/1\.1 (200|404) /, path)
    assert.doesNotMatch(answer, /root:/, path)
  }
  assert.equal((await app.inject({ url: '/assets/a.js' })).statusCode, 200)
})

test('an address that cannot be read is a problem with our headers, and counted', async () => {
  for (const url of ['/v1/%zz', '/%', '/v1/documents/%e0%a4%a', `/v1/documents/${'d'.repeat(300)}`]) {
    counted.length = 0
    const { statusCode, headers, body } = await app.inject({ url })
    assert.ok(statusCode === 400 || statusCode === 404, `${url} ${statusCode}`)
    assert.match(String(headers['content-type']), /problem\+json/, url)
    assert.match(String(headers['content-security-policy']), /default-src 'none'/, url)
    assert.match(String(JSON.parse(body).code), /invalid_request|not_found/)
    assert.equal(counted.length, 1, url)
    assert.match(counted[0] ?? '', /^eu 127\.0\.0\.1 none:(invalid_request|not_found)$/)
  }
})

test('a client that goes away within its request is counted as refused under its address', async () => {
  counted.length = 0
  const socket = connect(port, '127.0.0.1')
  const arrived = once(server, 'request')
  socket.write(
    'POST /v1/sessions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{"email":',
  )
  await arrived
  socket.resetAndDestroy()
  while (counted.length === 0) await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(counted, ['eu 127.0.0.1 openSession:invalid_request'])
})

/** What a real server answers to these bytes. */
async function raw(bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.setEncoding('latin1').write(bytes)
  let answer = ''
  for await (const text of socket) answer += text
  return answer
}

const CRLF = '\r\n'

test('a form that is more than its parts is refused and leaves nothing', async () => {
  const pdf = onePagePdf('A form of its own').toString('latin1')
  const send = async (body: string, boundary = 'mark') => {
    const headers = { ...signedIn(), 'content-type': `multipart/form-data; boundary=${boundary}` }
    const reply = await app.inject({
      method: 'POST',
      url: '/v1/documents',
      headers,
      payload: Buffer.from(body, 'latin1'),
    })
    return reply
  }
  const file = (mark: string, headers = '', end = '') =>
    `--${mark}${CRLF}Content-Disposition: form-data; name="file"; filename="a.pdf"${CRLF}${headers}${CRLF}${pdf}${CRLF}--${mark}--${CRLF}${end}`
  const long = 'b'.repeat(5000)
  const refused = {
    'a long boundary': await send(file(long), long),
    '3,000 headers of a part': await send(file('mark', `X-Part: b${CRLF}`.repeat(3000))),
    'a long end': await send(file('mark', '', 'e'.repeat(2_000_000))),
    'a long beginning': await send(`${'p'.repeat(100_000)}${CRLF}${file('mark')}`),
  }
  for (const [name, reply] of Object.entries(refused)) {
    assert.equal(reply.statusCode, 400, `${name}: ${reply.body}`)
    assert.equal(reply.json().code, 'invalid_request', name)
  }
  const listed = await house.ask(resident, 'GET', '/v1/documents')
  assert.equal(listed.json.total, 0)
})

test('a title is refused beyond 255 characters, whatever they are, and taken whole up to there', async () => {
  const add = (title: string, text: string) => {
    const form = fileForm('a.pdf', onePagePdf(text), 'application/pdf', title)
    const headers = { ...signedIn(), 'content-type': form.type }
    return app.inject({ method: 'POST', url: '/v1/documents', headers, payload: form.bytes })
  }
  for (const title of ['t'.repeat(256), 'é'.repeat(256), '😀'.repeat(256), 't'.repeat(20_000)]) {
    const reply = await add(title, 'too long')
    assert.equal(reply.statusCode, 400, `${title.slice(0, 3)} ${title.length}`)
  }
  for (const title of ['t'.repeat(255), '😀'.repeat(255)]) {
    const reply = await add(title, `just right ${title.slice(0, 2)}`)
    assert.equal(reply.statusCode, 201, reply.body)
    assert.equal(reply.json().title, title)
  }
})

test('an upload whose session is revoked, or whose sender is suspended, before its end leaves nothing', async () => {
  const domain = 'late.example'
  const owner = await house.aResident(`owner@${domain}`)
  const members = await Promise.all(
    ['revoked', 'suspended'].map((name) => house.aResident(`${name}@${domain}`)),
  )
  const ends = {
    revoked: (who: Resident) => house.ask(who, 'DELETE', '/v1/sessions/current'),
    suspended: async () => {
      const people = await house.ask(owner, 'GET', '/v1/people')
      const person = people.json.items.find(({ email }: { email: string }) => email === `suspended@${domain}`)
      return house.ask(owner, 'PATCH', `/v1/people/${person.id}`, { state: 'suspended' })
    },
  }
  for (const [index, [name, end]] of Object.entries(ends).entries()) {
    const who = members[index]
    assert.ok(who)
    const form = fileForm(`${name}.pdf`, onePagePdf(`Late ${name}`))
    const body = new PassThrough()
    const headers = { authorization: `Bearer ${who.token}`, 'content-type': form.type }
    const answer = app.inject({ method: 'POST', url: '/v1/documents', headers, payload: body })
    body.write(form.bytes.subarray(0, 400))
    const begun = async () =>
      (await house.ask(owner, 'GET', '/v1/audit')).json.items.some(
        ({ action, actor }: { action: string; actor: { credentialId: string } }) =>
          action === 'knowledge.document.uploadStarted' && actor.credentialId,
      )
    while (!(await begun())) await new Promise((resolve) => setImmediate(resolve))
    assert.ok((await end(who)).status < 300, name)
    body.end(form.bytes.subarray(400))
    const reply = await answer
    assert.equal(reply.statusCode, 401, `${name}: ${reply.body}`)
    assert.equal((await house.ask(owner, 'GET', '/v1/documents')).json.total, 0, name)
  }
})
