import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { type DemoTenant, type Installation, theInstallation } from '../installation.ts'
import { ownerSession } from '../people.ts'
import { signMessage, signPdx } from '../sign-request.ts'

const run = promisify(execFile)
const guide = readFileSync(join(import.meta.dirname, '../../docs/signing.md'), 'utf8')
const scripts = [...guide.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1] ?? '')

describe('the guide to signing', () => {
  let house: Installation
  let acme: DemoTenant
  before(async () => {
    house = await theInstallation()
    acme = house.tenants[0]
  })

  async function runGuide(script: string, body = ''): Promise<string> {
    const env = {
      PATH: process.env.PATH ?? '',
      URL: acme.url,
      ID: acme.hmac.id,
      SECRET: acme.hmac.key,
      EMAIL: acme.owner.email,
      CA: house.ca,
      BODY: body,
    }
    const { stdout } = await run('sh', ['-ec', script], { env })
    return stdout
  }

  it('has an example of PDX-HMAC that lists documents with curl and openssl', async () => {
    const { items } = JSON.parse(await runGuide(scripts[0] ?? ''))
    assert.ok(items.length > 0)
  })

  it('has an example of RFC 9421 that makes a snip with curl and openssl', async () => {
    const session = await ownerSession(house, acme)
    const { items } = (await house.ask(`${acme.url}/v1/documents`, { session })).json
    const rects = [{ x: 50, y: 50, width: 100, height: 100 }]
    const made = JSON.parse(
      await runGuide(
        scripts[1] ?? '',
        JSON.stringify({ documentId: items[0].id, page: 1, kind: 'area', rects }),
      ),
    )
    assert.match(made.id, /^snp_/)
  })

  it('holds over TLS for bodies of 20 MB, and refuses them changed', async () => {
    const size = 20 * 1024 * 1024
    const pdf = Buffer.concat([Buffer.from('%PDF-1.4\n'), Buffer.alloc(size, 'x')])
    const mark = `form-${crypto.randomUUID()}`
    const part = `--${mark}\r\nContent-Disposition: form-data; name="file"; filename="large.pdf"\r\nContent-Type: application/pdf\r\n\r\n`
    const body = Buffer.concat([Buffer.from(part), pdf, Buffer.from(`\r\n--${mark}--\r\n`)])
    const signed = signPdx('header', acme.hmac, {
      method: 'POST',
      path: '/v1/documents',
      headers: { host: new URL(acme.url).host },
      body,
      date: new Date().toISOString().replace(/\.\d+/, ''),
      expires: 300,
      originator: 'guide',
      email: acme.owner.email,
      displayName: 'Owner',
    })
    const type = `multipart/form-data; boundary=${mark}`
    const changed = Buffer.from(body)
    changed[size] = 0
    const url = `${acme.url}/v1/documents`
    const refused = await house.ask(url, { headers: signed.headers, body: { type, bytes: changed } })
    assert.deepEqual([refused.status, refused.json.code], [401, 'signature_refused'])
    const added = await house.ask(url, { headers: signed.headers, body: { type, bytes: body } })
    assert.equal(added.status, 201, String(added.bytes))
    assert.equal(added.json.size, pdf.length)
    const again = await house.ask(url, { headers: signed.headers, body: { type, bytes: body } })
    assert.equal(again.json.details.reason, 'replayed')
    await house.ask(`${url}/${added.json.id}`, { session: await ownerSession(house, acme), method: 'DELETE' })
  })

  it('holds in another region with that region’s key alone', async () => {
    const [, globex] = house.tenants
    const ask = (tenant: DemoTenant, pair: DemoTenant['hmac']) => {
      const headers = signMessage(pair.key, {
        method: 'GET',
        url: '/v1/people',
        host: new URL(tenant.url).host,
        created: Math.floor(Date.now() / 1_000),
        keyid: pair.id,
      })
      return house.ask(`${tenant.url}/v1/people`, { headers })
    }
    assert.equal((await ask(globex, globex.hmac)).status, 200)
    const elsewhere = await ask(acme, globex.hmac)
    assert.deepEqual([elsewhere.status, elsewhere.json.code], [421, 'wrong_region'])
    assert.equal(elsewhere.json.details.url, globex.url)
  })
})
