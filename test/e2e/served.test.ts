import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { brotliDecompressSync } from 'node:zlib'
import { type Installation, theInstallation } from '../installation.ts'

const BUILT = join(import.meta.dirname, '../../dist/web/index.html')

describe('the web app as it is served', () => {
  let house: Installation
  before(async () => {
    house = await theInstallation()
  })
  const assetsOf = (html: string) => [...html.matchAll(/"(\/assets\/[^"]+)"/g)].map(([, path]) => path ?? '')

  it('is the page that was built last, never kept by a browser, with a nonce of its own each time', async () => {
    const [one, other] = [await house.ask(`${house.url}/`), await house.ask(`${house.url}/knowledge/snips`)]
    assert.deepEqual([one.status, other.status], [200, 200])
    assert.match(String(one.headers['cache-control']), /no-store/)
    const names = assetsOf(one.bytes.toString())
    assert.ok(names.length > 1)
    assert.deepEqual(names, assetsOf(readFileSync(BUILT, 'utf8')))
    assert.notEqual(one.headers['content-security-policy'], other.headers['content-security-policy'])
  })

  it('names assets whose names change with their content, so that they are kept for a year', async () => {
    const page = await house.ask(`${house.url}/`)
    for (const path of assetsOf(page.bytes.toString())) {
      const asset = await house.ask(`${house.url}${path}`)
      assert.equal(asset.status, 200, path)
      assert.equal(asset.headers['cache-control'], 'public, max-age=31536000, immutable', path)
      assert.match(path, /-[A-Za-z0-9_-]{8}\.(js|css)$/)
    }
  })

  it('asks again for what keeps its name, and never answers the page for an asset that is gone', async () => {
    const icon = await house.ask(`${house.url}/favicon.svg`)
    assert.deepEqual([icon.status, icon.headers['cache-control']], [200, 'no-cache'])
    const again = await house.ask(`${house.url}/favicon.svg`, {
      headers: { 'if-none-match': String(icon.headers.etag) },
    })
    assert.equal(again.status, 304)
    assert.equal((await house.ask(`${house.url}/assets/index-00000000.js`)).status, 404)
  })

  it('is sent compressed to a browser that takes it, the same bytes to one that does not', async () => {
    const page = await house.ask(`${house.url}/`)
    const [script = ''] = assetsOf(page.bytes.toString()).filter((path) => path.endsWith('.js'))
    const plain = await house.ask(`${house.url}${script}`)
    const small = await house.ask(`${house.url}${script}`, { headers: { 'accept-encoding': 'gzip, br' } })
    assert.equal(plain.headers['content-encoding'], undefined)
    assert.equal(small.headers['content-encoding'], 'br')
    assert.deepEqual(brotliDecompressSync(small.bytes), plain.bytes)
    assert.ok(small.bytes.length < plain.bytes.length / 2)
    for (const { headers } of [plain, small]) {
      assert.match(String(headers['content-type']), /^(text|application)\/javascript/)
      assert.match(String(headers.vary), /accept-encoding/i)
      assert.equal(headers['cache-control'], 'public, max-age=31536000, immutable')
    }
  })
})
