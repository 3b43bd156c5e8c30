import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { verifyConsistency } from '#core/audit/merkle.ts'
import { runCommand } from '../../scripts/run-command.ts'
import { placeOf } from '../as-role.ts'
import { fileForm } from '../ask.ts'
import { drained, until } from '../drained.ts'
import { type DemoTenant, type Installation, processesOfRole, startInstallation } from '../installation.ts'
import { onePagePdf } from '../one-page-pdf.ts'
import { expectStatus } from '../people.ts'
import { type Load, startLoad } from './load.ts'

/** Rounds of killing; `PANOPLY_FAULT_ROUNDS=200 npm test -- kills` is the long drill. */
const ROUNDS = Number(process.env.PANOPLY_FAULT_ROUNDS ?? 30)
const VICTIMS = ['web', 'worker', 'keeper', 'cell', 'postgres', 'up'] as const
const CLIENTS = 3
const PASSAGE = 'nothing acknowledged is missing'
const MAIN = join(import.meta.dirname, '../../src/main.ts')

describe('an installation that is killed again and again while it is written to', () => {
  let house: Installation
  let acme: DemoTenant
  let load: Load
  /** Milliseconds from a kill to the next acknowledged write that was sent after it, by victim. */
  const outages = new Map<string, number[]>()
  let documentId: string
  let firstCheckpoint: { size: number; root: string; key: string }

  before(async () => {
    house = await startInstallation()
    acme = house.tenants[0]
    const added = await get('/v1/documents', { body: fileForm('passage.pdf', onePagePdf(PASSAGE)) })
    expectStatus(added, 201)
    documentId = added.json.id
    await drained(house, acme)
    firstCheckpoint = await until(async () => {
      const reply = await get('/v1/audit/checkpoint')
      return reply.status === 200 ? reply.json : undefined
    }, 'the first checkpoint')
    load = startLoad({ where: () => ({ ask: house.ask, tenant: acme }), documentId, exact: PASSAGE }, CLIENTS)
  })
  after(async () => {
    await load?.stop()
    await house?.stop()
  })

  /** Asks as a careful client does: again after the time it was told, when the server has too much to do at once. */
  function get(path: string, question: Parameters<Installation['ask']>[1] = {}) {
    return until(async () => {
      const reply = await house.ask(`${acme.url}${path}`, { apiKey: acme.apiKey, ...question })
      return reply.status === 503 && reply.headers['retry-after'] !== undefined ? undefined : reply
    }, `an answer to ${path}`)
  }

  async function all(
    path: string,
  ): Promise<{ id: string; insight: string; sha256: string; state: string }[]> {
    const found: { id: string; insight: string; sha256: string; state: string }[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const mark: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
      const reply = await get(`${path}?limit=100${mark}`)
      expectStatus(reply, 200)
      found.push(...reply.json.items)
      cursor = reply.json.next
    }
    return found
  }

  async function strike(victim: (typeof VICTIMS)[number]): Promise<void> {
    if (victim === 'up') {
      process.kill(house.pid, 'SIGKILL')
      const { folder, url } = house
      await house.stop('keep')
      house = await startInstallation({ folder, port: Number(new URL(url).port) })
      acme = house.tenants[0]
      return
    }
    if (victim === 'postgres') {
      const folder = placeOf(house, acme.region).cells[0].clusterFolder ?? ''
      process.kill(Number(readFileSync(join(folder, 'postmaster.pid'), 'utf8').split('\n')[0]), 'SIGKILL')
      return
    }
    const found = processesOfRole(house, victim)
    assert.ok(found.length > 0, `no process of ${victim}`)
    for (const { pid } of found) process.kill(pid, 'SIGKILL')
  }

  for (let round = 0; round < ROUNDS; round++) {
    const victim = VICTIMS[round % VICTIMS.length] ?? 'web'
    it(`round ${round + 1}: ${victim} is killed, and writing goes on`, async () => {
      // At another moment of the work each time.
      await pause(100 + ((round * 137) % 400))
      await strike(victim)
      const struck = performance.now()
      const since = load.count()
      await until(
        async () => ((since.get(201) ?? 0) > 0 ? true : undefined),
        `a write to be acknowledged after ${victim} was killed`,
        60_000,
      )
      outages.set(victim, [...(outages.get(victim) ?? []), performance.now() - struck])
    })
  }

  it('has everything that was acknowledged, and nothing that was removed', async (t) => {
    await load.stop()
    await drained(house, acme)
    const { memory } = load
    const sizes = [memory.snips.size, memory.documents.size, memory.removed.size]
    t.diagnostic(`acknowledged snips, documents and removals: ${sizes.join(', ')}`)
    t.diagnostic(`answers by status, 0 for none: ${JSON.stringify(Object.fromEntries(load.answers))}`)
    for (const [victim, times] of outages) {
      const [most, median] = [times.length - 1, times.length >> 1].map((at) =>
        Math.round(times.toSorted((x, y) => x - y)[at] ?? 0),
      )
      t.diagnostic(
        `${victim} killed ${times.length} times; next write: median ${median} ms, at most ${most} ms`,
      )
    }
    assert.ok(
      memory.snips.size >= ROUNDS && memory.documents.size >= CLIENTS / 2,
      `${memory.snips.size} snips, ${memory.documents.size} documents`,
    )
    const snips = new Map((await all('/v1/snips')).map((snip) => [snip.id, snip.insight]))
    const missing = [...memory.snips].filter(
      ([id, insight]) => snips.get(id) !== insight && !memory.unsure.get(id)?.has(snips.get(id) ?? ''),
    )
    assert.deepEqual(missing, [])
    assert.deepEqual(
      [...memory.removed].filter((id) => snips.has(id)),
      [],
    )
    const documents = new Set((await all('/v1/documents')).map(({ id }) => id))
    assert.deepEqual(
      [...memory.documents.keys()].filter((id) => !documents.has(id)),
      [],
    )
  })

  it('shows nothing that is half written', async () => {
    const { memory } = load
    const known = new Set(
      (await all('/v1/snips')).map(({ insight }) => insight).filter((insight) => insight.startsWith('load-')),
    )
    assert.deepEqual(
      [...known].filter((insight) => !memory.said.has(insight)),
      [],
    )
    for (const document of await all('/v1/documents')) {
      assert.ok(
        ['ready', 'unreadable'].includes(document.state),
        `${document.id} is ${document.state} though no work is left`,
      )
      const content = await get(`/v1/documents/${document.id}/content`)
      expectStatus(content, 200)
      const sum = createHash('sha256').update(content.bytes).digest('hex')
      assert.equal(sum, document.sha256)
      const wanted = memory.documents.get(document.id)
      if (wanted !== undefined) assert.equal(sum, wanted)
    }
  })

  it('finds by search what was acknowledged', async () => {
    const { memory } = load
    for (const [id, insight] of [...memory.snips].slice(-5)) {
      if (memory.unsure.has(id)) continue
      const reply = await get(`/v1/search?q=${encodeURIComponent(`"${insight}"`)}&kind=snip&limit=50`)
      expectStatus(reply, 200)
      assert.ok(
        reply.json.items.some((hit: { id: string }) => hit.id === id),
        `${insight} is not found`,
      )
    }
  })

  it('has an event for every write that was acknowledged, and a tree that verifies offline', async () => {
    const asked = await get('/v1/exports', { json: { kind: 'audit' } })
    expectStatus(asked, 202)
    await drained(house, acme)
    const file = join(house.folder, 'audit-export')
    const content = await get(`/v1/exports/${asked.json.id}/content`)
    expectStatus(content, 200)
    writeFileSync(file, content.bytes)
    // The key that was known before anything was killed.
    const question = [MAIN, 'admin', 'verify-audit', file, '--key', firstCheckpoint.key, '--json']
    const verified = await runCommand(process.execPath, question)
    assert.equal(verified.code, 0, verified.output)
    const text = String(content.bytes)
    const { memory } = load
    const created = [...text.matchAll(/knowledge\.snip\.created/g)].length
    assert.ok(
      created >= memory.snips.size + memory.removed.size,
      `${created} events for ${memory.snips.size} snips`,
    )
    // One bit changed anywhere in an event is found.
    writeFileSync(file, text.replace('knowledge.snip.created', 'knowledge.snip.creatcd'))
    assert.equal((await runCommand(process.execPath, question)).code, 1)
  })

  it('has a log that only grew since before the first kill', async () => {
    const now = await get('/v1/audit/checkpoint')
    expectStatus(now, 200)
    assert.ok(now.json.size > firstCheckpoint.size)
    const proof = await get(`/v1/audit/consistency?from=${firstCheckpoint.size}&to=${now.json.size}`)
    expectStatus(proof, 200)
    const hashes = proof.json.hashes.map((hash: string) => Buffer.from(hash, 'hex'))
    const [before, after] = [firstCheckpoint, now.json].map(({ root }) => Buffer.from(root, 'hex'))
    assert.ok(before && after)
    const grew = (root: Buffer) => verifyConsistency(firstCheckpoint.size, now.json.size, hashes, root, after)
    assert.ok(grew(before), 'the log of before the first kill is the beginning of the log of now')
    assert.equal(grew(Buffer.alloc(32, 1)), false, 'and that of another log is not')
  })
})
