import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer, request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { buildConfig, type Config } from '#core/config.ts'
import { ensureCertificates } from './certificates.ts'

function aConfig(): Disposable & { config: Config } {
  const home = mkdtempSync(join(tmpdir(), 'panoply-tls-'))
  mkdirSync(join(home, 'tls'))
  return {
    config: buildConfig({ role: 'up', home }),
    [Symbol.dispose]: () => rmSync(home, { recursive: true }),
  }
}

const inDays = (days: number): Date => new Date(Date.now() + days * 24 * 3600 * 1000)
const serialOf = (file: string): string => new X509Certificate(readFileSync(file)).serialNumber

describe("the home's certificates", () => {
  it('a browser that knows the authority accepts every region under each of its names', async () => {
    using home = aConfig()
    await ensureCertificates(home.config, null)
    const ca = readFileSync(home.config.caCertificateFile)
    for (const region of home.config.regions) {
      const server = createServer(
        { cert: readFileSync(region.certificateFile), key: readFileSync(region.certificateKeyFile) },
        (_, response) => response.end('hello'),
      )
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const address = server.address()
      const port = typeof address === 'object' ? address?.port : 0
      for (const name of ['localhost', '127.0.0.1']) {
        const status = await new Promise((resolve, reject) => {
          const sent = request({
            host: '127.0.0.1',
            port,
            ca,
            servername: name === 'localhost' ? name : '',
            headers: { host: name },
          })
          sent.on('response', (response) => resolve(response.resume().statusCode)).on('error', reject)
          sent.end()
        })
        assert.equal(status, 200)
      }
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  })

  it('stay as they are until 30 days before their end', async () => {
    using home = aConfig()
    await ensureCertificates(home.config, null)
    const file = home.config.regions[0].certificateFile
    const first = serialOf(file)
    await ensureCertificates(home.config, null, inDays(790))
    assert.equal(serialOf(file), first)
    const authority = serialOf(home.config.caCertificateFile)
    await ensureCertificates(home.config, null, inDays(800))
    assert.notEqual(serialOf(file), first)
    assert.equal(serialOf(home.config.caCertificateFile), authority)
  })

  it('the authority is renewed before it would end ahead of what it signs', async () => {
    using home = aConfig()
    await ensureCertificates(home.config, null)
    const authority = serialOf(home.config.caCertificateFile)
    await ensureCertificates(home.config, null, inDays(3000))
    assert.notEqual(serialOf(home.config.caCertificateFile), authority)
    const [region] = home.config.regions
    const ca = new X509Certificate(readFileSync(home.config.caCertificateFile))
    assert.ok(new X509Certificate(readFileSync(region.certificateFile)).verify(ca.publicKey))
  })

  it('are mended when a kill left a key without its certificate', async () => {
    using home = aConfig()
    await ensureCertificates(home.config, null)
    const [first, second] = home.config.regions
    rmSync(first.certificateFile)
    const other = serialOf(second?.certificateFile ?? '')
    await ensureCertificates(home.config, null)
    const certificate = new X509Certificate(readFileSync(first.certificateFile))
    assert.ok(certificate.checkHost('localhost'))
    assert.equal(serialOf(second?.certificateFile ?? ''), other)
  })

  it('their keys are readable by their owner alone', async () => {
    using home = aConfig()
    await ensureCertificates(home.config, null)
    assert.equal(statSync(home.config.caKeyFile).mode & 0o777, 0o600)
    for (const region of home.config.regions)
      assert.equal(statSync(region.certificateKeyFile).mode & 0o777, 0o400)
  })
})
