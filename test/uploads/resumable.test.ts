import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import type { HttpRequest, Upload } from 'tus-js-client'
import { LARGEST_FILE } from '#knowledge/documents/check-upload.ts'
import { until } from '../drained.ts'
import { type DemoTenant, type Installation, processesOfRole, theInstallation } from '../installation.ts'
import { largePdf } from '../large-pdf.ts'
import { anOrganisation } from '../people.ts'
import { cuttingWire, sendByTus } from '../tus-client.ts'
import { watchMemory } from '../watch-memory.ts'

const MB = 2 ** 20

describe('the reference client of tus', () => {
  let house: Installation
  let tenant: DemoTenant
  before(async () => {
    house = await theInstallation()
    tenant = await anOrganisation(house, 'resumable.example', house.tenants[0])
  })

  const ask = (path: string) => house.ask(`${tenant.url}${path}`, { apiKey: tenant.apiKey })
  const open = async () => (await ask('/v1/uploads')).json.items

  async function expectBytes(document: string, bytes: Buffer): Promise<void> {
    assert.match(document, /^doc_/)
    const found = await ask(`/v1/documents/${document}/content`)
    assert.ok(found.status === 200 && found.bytes.equals(bytes))
  }

  it('sends 100 MB in one request; the web process takes at most 64 MiB of memory for it', async (t) => {
    // What a process takes once, at its first large file, is not what a file takes.
    await sendByTus(house, tenant, largePdf(20 * MB)).done
    const [web] = processesOfRole(house, 'web')
    const bytes = largePdf(LARGEST_FILE)
    const memory = watchMemory(web?.pid ?? 0)
    const document = await sendByTus(house, tenant, bytes, { metadata: { filename: 'all of it.pdf' } }).done
    const grown = memory.stop()
    await expectBytes(document, bytes)
    assert.equal((await ask(`/v1/documents/${document}`)).json.fileName, 'all of it.pdf')
    t.diagnostic(`web grew ${(grown / MB).toFixed(1)} MiB`)
    assert.ok(grown <= 64 * MB, `${(grown / MB).toFixed(1)} MiB`)
  })

  it('sends a file in chunks of 256 KB, its first with the beginning', async () => {
    const bytes = largePdf(3 * MB + 7)
    const { done } = sendByTus(house, tenant, bytes, {
      chunkSize: 256 * 1024,
      uploadDataDuringCreation: true,
    })
    await expectBytes(await done, bytes)
  })

  it('goes on by itself after its connection was cut at 99 %', async () => {
    const bytes = largePdf(40 * MB)
    await using wire = await cuttingWire(tenant.url, Math.floor(bytes.length * 0.99))
    const offsets: number[] = []
    const onBeforeRequest = (request: HttpRequest) => {
      if (request.getMethod() === 'PATCH') offsets.push(Number(request.getHeader('Upload-Offset')))
    }
    await expectBytes(await sendByTus(house, tenant, bytes, { onBeforeRequest }, wire.port).done, bytes)
    // While what arrived is still being stored, the first tries are told to wait.
    const from = offsets.at(-1) ?? 0
    assert.equal(offsets[0], 0)
    assert.ok(from > bytes.length * 0.9 && from < bytes.length, `went on from ${offsets} of ${bytes.length}`)
  })

  it('pauses, and another one goes on where it was', async () => {
    const bytes = largePdf(40 * MB)
    const first: Upload = await new Promise((resolve, reject) => {
      const sending = sendByTus(house, tenant, bytes, {
        onProgress(done) {
          if (done < bytes.length / 2) return
          sending.upload.abort().then(() => resolve(sending.upload), reject)
        },
      })
      sending.done.catch(reject)
    })
    const [kept] = await until(async () => {
      const found = await open()
      return found[0] && !found[0].isReceiving ? found : undefined
    }, 'the upload to be let go')
    assert.ok(kept.offset > 0 && kept.offset < bytes.length, String(kept.offset))
    let begun = -1
    const second = sendByTus(house, tenant, bytes, {
      uploadUrl: first.url,
      onProgress(done) {
        if (begun < 0) begun = done
      },
    })
    await expectBytes(await second.done, bytes)
    assert.ok(begun >= kept.offset, `began at ${begun}`)
  })

  it('ends an upload on both sides', async () => {
    const bytes = largePdf(20 * MB)
    await new Promise<void>((resolve, reject) => {
      const sending = sendByTus(house, tenant, bytes, {
        onProgress(done) {
          if (done > bytes.length / 2) sending.upload.abort(true).then(resolve, reject)
        },
      })
      sending.done.catch(reject)
    })
    assert.deepEqual(await open(), [])
  })

  it('hears that a file is too large before a byte is sent', async () => {
    await assert.rejects(sendByTus(house, tenant, Buffer.alloc(LARGEST_FILE + 1)).done, /file_too_large/)
  })
})
