import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { placeOf } from '../as-role.ts'
import { fileForm, type Reply } from '../ask.ts'
import { drained, until } from '../drained.ts'
import { type DemoTenant, type Installation, startInstallation } from '../installation.ts'
import { onePagePdf } from '../one-page-pdf.ts'
import { expectStatus } from '../people.ts'

/** What somebody may be told while a disk or a database is not there: all of it says what it is and when to come again. */
const TROUBLE: ReadonlySet<string> = new Set([
  'database_unavailable',
  'keeper_unavailable',
  'storage_full',
  'busy',
])

const isRoot = process.getuid?.() === 0

/** A disk of its own in memory, where we may mount one. */
function smallDisk(folder: string, megabytes: number): boolean {
  if (!isRoot) return false
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=755`, 'tmpfs', folder], {
      stdio: 'pipe',
    })
    return true
  } catch {
    return false
  }
}

describe('an installation that meets with an accident', () => {
  let folder: string
  let hasDisk: boolean
  let house: Installation
  let acme: DemoTenant
  let globex: DemoTenant
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'panoply-house-'))
    hasDisk = smallDisk(folder, 1_200)
    house = await startInstallation({ folder })
    ;[acme, globex] = house.tenants
  })
  after(async () => {
    await house?.stop('keep')
    // Lazily: what a failed start left may still be ending.
    if (hasDisk) execFileSync('umount', ['-l', folder])
    rmSync(folder, { recursive: true, force: true })
  })

  const ask = (tenant: DemoTenant, path: string, question: Parameters<Installation['ask']>[1] = {}) =>
    house.ask(`${tenant.url}${path}`, {
      apiKey: tenant.apiKey,
      signal: AbortSignal.timeout(20_000),
      ...question,
    })
  const upload = (tenant: DemoTenant, name: string, bytes: Buffer) =>
    ask(tenant, '/v1/documents', { body: fileForm(name, bytes) })
  const documentsOf = async (tenant: DemoTenant): Promise<string[]> => {
    const reply = await ask(tenant, '/v1/documents?limit=100')
    expectStatus(reply, 200)
    return reply.json.items.map(({ id }: { id: string }) => id)
  }

  /** A refusal that a person and a program understand. */
  function assertTrouble(reply: Reply): string {
    const { code, title, detail } = reply.json ?? {}
    assert.ok(TROUBLE.has(code), `${reply.status} ${String(reply.bytes).slice(0, 300)}`)
    assert.match(String(reply.headers['content-type']), /^application\/problem\+json/)
    assert.match(String(reply.headers['retry-after']), /^\d+$/, code)
    assert.ok(title && detail)
    return `${reply.status} ${code}`
  }

  it('serves the other regions when one region’s database is gone, says so in that one, and takes it back by itself', async (t) => {
    const seen = new Map<string, number>()
    const [cell] = placeOf(house, globex.region).cells
    const cluster = cell.clusterFolder ?? ''
    const before = await documentsOf(globex)
    renameSync(cluster, `${cluster}.away`)
    process.kill(
      Number(readFileSync(join(`${cluster}.away`, 'postmaster.pid'), 'utf8').split('\n')[0]),
      'SIGKILL',
    )
    await until(
      async () => ((await ask(globex, '/v1/documents')).status === 503 ? true : undefined),
      'the fault',
    )
    for (let turn = 0; turn < 20; turn++) {
      for (const path of ['/v1/documents', '/v1/me', '/v1/audit']) {
        const said = assertTrouble(await ask(globex, path))
        count(seen, said)
      }
      expectStatus(await ask(acme, '/v1/documents'), 200)
      if (turn % 5 === 0)
        expectStatus(await upload(acme, `turn-${turn}.pdf`, onePagePdf(`Turn ${turn}`)), 201)
    }
    const signIn = { json: { email: acme.owner.email, password: acme.owner.password } }
    expectStatus(await house.ask(`${acme.url}/v1/sessions`, signIn), 201)
    assert.ok(!existsSync(cluster), 'no empty database was made in place of the one that is gone')
    assert.match(
      readFileSync(join(house.home, 'logs', 'up.log'), 'utf8'),
      new RegExp(`The database of region ${globex.region} is gone`),
    )
    renameSync(`${cluster}.away`, cluster)
    const back = performance.now()
    await until(
      async () => ((await ask(globex, '/v1/documents')).status === 200 ? true : undefined),
      'the region to come back',
      60_000,
    )
    t.diagnostic(
      `while it was gone: ${JSON.stringify(Object.fromEntries(seen))}; the other region answered all`,
    )
    t.diagnostic(`served again ${Math.round(performance.now() - back)} ms after its database was there again`)
    assert.deepEqual(await documentsOf(globex), before)
    expectStatus(await upload(globex, 'after.pdf', onePagePdf('After the accident')), 201)
  })

  it('refuses files when the disk of a region’s files is full, keeps nothing of them, and goes on with the rest', async (t) => {
    if (!isRoot) return t.skip('only root can mount a small disk')
    const { blobRoot } = placeOf(house, acme.region)
    const { uid, gid, mode } = statSync(blobRoot)
    const before = await documentsOf(acme)
    await drained(house, acme)
    if (!smallDisk(blobRoot, 2)) return t.skip('mounting is not allowed here')
    try {
      execFileSync('chown', [`${uid}:${gid}`, blobRoot])
      execFileSync('chmod', [(mode & 0o7777).toString(8), blobRoot])
      const large = Buffer.concat([onePagePdf('Too large'), Buffer.from('\n%'), randomBytes(6_000_000)])
      for (let turn = 0; turn < 3; turn++) {
        const refused = await upload(acme, 'large.pdf', large)
        assert.deepEqual([refused.status, refused.json.code], [507, 'storage_full'])
        assertTrouble(refused)
      }
      assert.deepEqual(await documentsOf(acme), before)
      const left = execFileSync('find', [blobRoot, '-type', 'f', '-size', '+100k'], { encoding: 'utf8' })
      assert.equal(left, '', 'nothing of a refused file remains')
      expectStatus(await ask(acme, '/v1/search?q=turn'), 200)
    } finally {
      execFileSync('umount', [blobRoot])
    }
    expectStatus(await upload(acme, 'fits.pdf', onePagePdf('It fits again')), 201)
    t.diagnostic('what was seen: 507 storage_full for the file; everything else was answered')
  })

  it('loses nothing it acknowledged when the whole disk is full, databases too, and goes on when there is room', async (t) => {
    if (!hasDisk) return t.skip('mounting is not allowed here')
    const before = await documentsOf(acme)
    await drained(house, acme)
    const acknowledged = new Map<string, Buffer>()
    const seen = new Map<string, number>()
    const filler = join(folder, 'filler')
    fill(filler)
    try {
      // What the databases still have in hand goes first, in parts of a page.
      for (let turn = 0; turn < 400 && [...seen.values()].reduce((a, b) => a + b, 0) < 60; turn++) {
        const bytes = onePagePdf(`Hardly any room ${turn} ${randomBytes(16).toString('hex')}`)
        const reply = await upload(acme, `room-${turn}.pdf`, bytes)
        if (reply.status === 201) acknowledged.set(reply.json.id, bytes)
        else count(seen, assertTrouble(reply))
        const read = await ask(acme, '/v1/documents?limit=1')
        if (read.status !== 200) count(seen, assertTrouble(read))
      }
    } finally {
      rmSync(filler, { force: true })
    }
    assert.ok((seen.get('507 storage_full') ?? 0) > 0, JSON.stringify(Object.fromEntries(seen)))
    const room = performance.now()
    await until(
      async () =>
        (await upload(acme, 'room.pdf', onePagePdf('Room again'))).status === 201 ? true : undefined,
      'room again',
      60_000,
    )
    t.diagnostic(
      `while it was full: ${JSON.stringify(Object.fromEntries(seen))}, ${acknowledged.size} accepted`,
    )
    t.diagnostic(`accepted again ${Math.round(performance.now() - room)} ms after there was room`)
    const after = new Set(await documentsOf(acme))
    for (const id of before) assert.ok(after.has(id), id)
    for (const [id, bytes] of acknowledged) {
      const content = await ask(acme, `/v1/documents/${id}/content`)
      assert.ok(content.status === 200 && content.bytes.equals(bytes), `${id} ${content.status}`)
    }
  })
})

/** Takes all the room there is on the disk of a file. */
function fill(file: string): void {
  const piece = Buffer.alloc(1024 * 1024)
  const handle = openSync(file, 'w')
  try {
    for (;;) writeSync(handle, piece)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
  } finally {
    closeSync(handle)
  }
}

function count(seen: Map<string, number>, what: string): void {
  seen.set(what, (seen.get(what) ?? 0) + 1)
}
