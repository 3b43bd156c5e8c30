import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { connect, type TLSSocket } from 'node:tls'
import type pg from 'pg'
import { LARGEST_FILE } from '#knowledge/documents/check-upload.ts'
import { connectAsRole } from '../as-role.ts'
import { createAsk, fileForm } from '../ask.ts'
import { drained, until } from '../drained.ts'
import { type DemoTenant, type Installation, processesOfRole, theInstallation } from '../installation.ts'
import { largePdf } from '../large-pdf.ts'
import { anOrganisation } from '../people.ts'
import { watchMemory } from '../watch-memory.ts'

const MB = 2 ** 20

describe('a large file', () => {
  let house: Installation
  let tenant: DemoTenant
  let client: pg.Client
  let web: number

  before(async () => {
    house = await theInstallation()
    tenant = await anOrganisation(house, 'large-files.example', house.tenants[0])
    client = await connectAsRole(house, tenant.region, `t_${tenant.rid}`)
    const [process, ...others] = processesOfRole(house, 'web')
    assert.ok(process && others.length === 0)
    web = process.pid
  })
  after(async () => {
    await client?.end()
    assert.deepEqual(
      processesOfRole(house, 'web').map(({ pid }) => pid),
      [web],
      'the web process is another one',
    )
  })

  /** All that a tenant keeps of files: rows, keys, blobs and parts of blobs, and what the web process has open of them. */
  async function kept() {
    const folder = join(house.home, 'regions', tenant.region, 'blobs', tenant.rid)
    const files = existsSync(folder)
      ? readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
      : []
    const count = async (what: string) =>
      Number((await client.query<{ count: string }>(`select count(*) from ${what}`)).rows[0]?.count)
    return {
      documents: await count('document'),
      originals: await count("document_blob where use = 'original'"),
      keys: await count("key where purpose = 'document'"),
      files: files.map(({ name }) => name).sort(),
      open: openBlobs(web),
    }
  }

  /** Over a connection of its own: one that was kept may end while this process is busy making a file. */
  async function send(bytes: Buffer, name = 'large.pdf') {
    const form = fileForm(name, bytes)
    using ask = createAsk(readFileSync(house.ca, 'utf8'))
    return await ask(`${tenant.url}/v1/documents`, { apiKey: tenant.apiKey, body: form })
  }

  it('of exactly 100 MB comes back with the same bytes, and takes at most 64 MiB of memory', async (t) => {
    // What a process takes once, at its first large file, is not what a file takes: one that kept it would grow by 100 MiB.
    const small = await send(largePdf(20 * MB))
    assert.equal(small.status, 201, String(small.bytes))
    await house.ask(`${tenant.url}/v1/documents/${small.json.id}/content`, { apiKey: tenant.apiKey })
    const bytes = largePdf(LARGEST_FILE)
    const memory = watchMemory(web)
    const added = await send(bytes)
    assert.equal(added.status, 201, String(added.bytes))
    assert.equal(added.json.size, 100 * MB)
    const up = memory.grown()
    const found = await house.ask(`${tenant.url}/v1/documents/${added.json.id}/content`, {
      apiKey: tenant.apiKey,
    })
    const both = memory.stop()
    assert.equal(found.status, 200)
    assert.ok(found.bytes.equals(bytes))
    t.diagnostic(`web grew ${(up / MB).toFixed(1)} MiB going up, ${(both / MB).toFixed(1)} MiB in all`)
    assert.ok(both <= 64 * MB, `${(both / MB).toFixed(1)} MiB`)
  })

  it('of more than 100 MB is refused with 413 file_too_large, and nothing of it is kept', async () => {
    await drained(house, tenant)
    const before = await kept()
    const refused = await send(largePdf(101 * MB))
    assert.deepEqual([refused.status, refused.json?.code], [413, 'file_too_large'])
    assert.deepEqual(await kept(), before)
  })

  it('whose connection is cut at 99 % leaves nothing', async () => {
    const before = await kept()
    const form = fileForm('cut.pdf', largePdf(20 * MB))
    const socket = await connectTo(house, tenant)
    socket.write(headOf(tenant, form.type, { 'content-length': form.bytes.length }))
    await written(socket, form.bytes.subarray(0, Math.floor(form.bytes.length * 0.99)))
    // It is under way when it is cut: announced, and in a part of a file.
    await until(
      async () => ((await kept()).files.some((name) => name.endsWith('.part')) ? true : undefined),
      'a part',
    )
    assert.equal((await kept()).originals, before.originals + 1)
    socket.destroy()
    await until(async () => (same(await kept(), before) ? true : undefined), 'nothing to be kept')
    // The refusal is logged after all is gone.
    const events = () =>
      client
        .query('select action, outcome, detail from audit order by id desc limit 2')
        .then(({ rows }) => rows)
    const wanted = [
      {
        action: 'core.request.refused',
        outcome: 'refused',
        detail: { operation: 'addDocument', code: 'invalid_request' },
      },
      { action: 'knowledge.document.uploadWithdrawn', outcome: 'done', detail: { isRemoved: true } },
    ]
    await until(
      async () => ((await events())[0]?.action === wanted[0]?.action ? true : undefined),
      'the event',
    )
    assert.deepEqual(await events(), wanted)
  })

  it('sent twice at once is one document, one key and one blob', async () => {
    const before = await kept()
    const bytes = largePdf(8 * MB)
    const [one, other] = await Promise.all([send(bytes, 'one.pdf'), send(bytes, 'other.pdf')])
    assert.deepEqual([one.status, other.status].sort(), [200, 201])
    assert.equal(one.json.id, other.json.id)
    await drained(house, tenant)
    const afterwards = await kept()
    assert.deepEqual(
      [afterwards.documents, afterwards.originals, afterwards.keys],
      [before.documents + 1, before.originals + 1, before.keys + 1],
    )
    // The file itself and the cover that was drawn of it.
    assert.equal(afterwards.files.filter((name) => !before.files.includes(name)).length, 2)
  })

  describe('with a Content-Length that is not true', () => {
    const form = fileForm('liar.pdf', largePdf(3 * MB))
    const { length } = form.bytes
    const lies: Record<string, Record<string, string | number>> = {
      'too long': { 'content-length': length + 1000 },
      'too short': { 'content-length': length - 1000 },
      'shorter than the head of the form': { 'content-length': 20 },
      'no number': { 'content-length': '12abc' },
      negative: { 'content-length': -5 },
      'said beside chunks': { 'content-length': length, 'transfer-encoding': 'chunked' },
      'said twice': { 'content-length': length, 'Content-Length': length - 1 },
    }
    for (const [name, headers] of Object.entries(lies)) {
      it(`${name} is refused, and nothing is kept`, async () => {
        const before = await kept()
        const socket = await connectTo(house, tenant)
        let answer = ''
        socket.on('data', (piece) => {
          answer += piece
        })
        // A server that refuses at once closes while the body still comes.
        socket.on('error', () => undefined)
        const closed = new Promise((resolve) => socket.once('close', resolve))
        socket.write(headOf(tenant, form.type, headers))
        socket.end(form.bytes)
        await closed
        // Who ends before the body, or still sends when the connection is closed, may miss the answer.
        if (answer !== '') assert.match(answer, /^HTTP\/1\.1 400 /)
        assert.doesNotMatch(answer, /HTTP\/1\.1 [25]/)
        await until(async () => (same(await kept(), before) ? true : undefined), 'nothing to be kept')
      })
    }
  })
})

/** Blobs that a process has open. */
function openBlobs(pid: number): string[] {
  const folder = `/proc/${pid}/fd`
  return readdirSync(folder).filter((name) => readlink(join(folder, name)).includes('/blobs/'))
}

function readlink(path: string): string {
  try {
    return readlinkSync(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  }
}

async function connectTo(house: Installation, tenant: DemoTenant): Promise<TLSSocket> {
  const { hostname, port } = new URL(tenant.url)
  const socket = connect({
    host: hostname,
    port: Number(port),
    servername: hostname,
    ca: readFileSync(house.ca),
  })
  await once(socket, 'secureConnect')
  return socket
}

function headOf(tenant: DemoTenant, type: string, headers: Record<string, string | number>): string {
  const { host } = new URL(tenant.url)
  const all = {
    host,
    authorization: `API-Key ${tenant.apiKey}`,
    'content-type': type,
    connection: 'close',
    ...headers,
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
  return `POST /v1/documents HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`
}

function written(socket: TLSSocket, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => socket.write(bytes, () => resolve()))
}

function same(one: object, other: object): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
