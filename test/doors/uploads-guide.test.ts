import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { type DemoTenant, type Installation, theInstallation } from '../installation.ts'
import { largePdf } from '../large-pdf.ts'

const run = promisify(execFile)
const guide = readFileSync(join(import.meta.dirname, '../../docs/uploads.md'), 'utf8')
const [begin = '', goOn = ''] = [...guide.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1] ?? '')

describe('the guide to uploads', () => {
  const folder = mkdtempSync(join(tmpdir(), 'panoply-guide-'))
  let house: Installation
  let acme: DemoTenant
  before(async () => {
    house = await theInstallation()
    acme = house.tenants[0]
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  it('begins with curl and goes on after a break', async () => {
    const bytes = largePdf(2_000_000)
    const file = join(folder, 'Quarterly report.pdf')
    writeFileSync(file, bytes)
    const env = { PATH: process.env.PATH ?? '', URL: acme.url, KEY: acme.apiKey, CA: house.ca, FILE: file }
    const { stdout } = await run('sh', ['-ec', begin], { env })
    const location = stdout.trim()
    assert.match(location, /^\/v1\/uploads\/upl_/)
    const half = await house.ask(`${acme.url}${location}`, {
      apiKey: acme.apiKey,
      method: 'PATCH',
      headers: { 'tus-resumable': '1.0.0', 'upload-offset': '0' },
      body: { type: 'application/offset+octet-stream', bytes: bytes.subarray(0, 700_000) },
    })
    assert.equal(half.status, 204, String(half.bytes))
    const sent = await run('sh', ['-ec', goOn], { env: { ...env, UPLOAD: location } })
    const document = sent.stdout.trim()
    const found = await house.ask(`${acme.url}/v1/documents/${document}`, { apiKey: acme.apiKey })
    assert.deepEqual([found.status, found.json.fileName], [200, 'Quarterly report.pdf'])
    await house.ask(`${acme.url}/v1/documents/${document}`, { apiKey: acme.apiKey, method: 'DELETE' })
  })
})
