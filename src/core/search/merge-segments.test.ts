import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { sql } from 'kysely'
import { type OwnCluster, startCluster } from '#test/own-cluster.ts'
import { anEntry, aSearchTenant, type SearchTenant } from '#test/search-tenant.ts'
import type { SearchEntry } from './tenant-search.ts'

describe('merging', () => {
  let cluster: OwnCluster
  before(async () => {
    cluster = await startCluster()
  })
  after(() => cluster.stop())

  /** So many deltas of one entry each; every entry holds "common" and a word of its own. */
  async function fill(tenant: SearchTenant, deltas: number): Promise<SearchEntry[]> {
    const entries = Array.from({ length: deltas }, (_, i) => anEntry(`common word${i} in a row`))
    for (let from = 0; from < deltas; from += 16)
      await tenant.write(async (search) => {
        for (const entry of entries.slice(from, from + 16)) await search.index([entry])
      })
    return entries
  }
  const total = async (tenant: SearchTenant, text = 'common') => (await tenant.search.query({ text })).total
  const count = async (tenant: SearchTenant, table: string) => {
    const { rows } = await sql<{ n: number }>`select count(*)::int as n from ${sql.table(table)}`.execute(
      tenant.db,
    )
    return rows[0]?.n
  }

  it('makes a segment of 128 deltas and loses and doubles nothing', async () => {
    await using tenant = await aSearchTenant(cluster)
    await fill(tenant, 127)
    assert.equal(await tenant.search.needsMerge(), false)
    assert.equal(await tenant.write((search) => search.merge()), 'done')
    await tenant.write((search) => search.index([anEntry('common last')]))
    assert.equal(await tenant.search.needsMerge(), true)
    const before = await tenant.search.query({ text: 'common word7', limit: 200 })
    await tenant.mergeAll()
    assert.equal(await tenant.search.needsMerge(), false)
    assert.equal(await count(tenant, 'search_delta'), 0)
    assert.equal(await count(tenant, 'search_segment'), 1)
    const behind = await tenant.search.query({ text: 'common word7', limit: 200 })
    assert.deepEqual({ ...behind, took: 0 }, { ...before, took: 0 })
    assert.deepEqual((await tenant.elsewhere().query({ text: 'common word7', limit: 200 })).hits, before.hits)
  })

  it('makes one of eight segments of a level', async () => {
    await using tenant = await aSearchTenant(cluster)
    for (let round = 0; round < 8; round++) {
      await tenant.write((search) =>
        search.index(Array.from({ length: 2_100 }, (_, i) => anEntry(`common w${round}x${i % 50}`))),
      )
      await tenant.mergeAll()
    }
    const { rows } = await sql<{
      level: number
      entries: number
    }>`select level, entries from search_segment`.execute(tenant.db)
    assert.deepEqual(rows, [{ level: 2, entries: 16_800 }])
    assert.equal(await total(tenant), 16_800)
    assert.equal(await total(tenant, 'w3x7 '), 42)
  })

  it('takes removed entries out of the pages, and their words, and then forgets the removal', async () => {
    await using tenant = await aSearchTenant(cluster)
    const entries = await fill(tenant, 130)
    await tenant.write((search) => search.remove({ entries: entries.slice(0, 30).map(({ id }) => id) }))
    assert.equal(await total(tenant), 100)
    await tenant.mergeAll()
    assert.equal(await total(tenant), 100)
    assert.equal(await count(tenant, 'search_dead'), 0)
    const { hits, suggestion } = await tenant.search.query({ text: 'wordd7 ' })
    assert.deepEqual([hits, suggestion], [[], null])
  })

  it('keeps a removal as long as an older segment needs it', async () => {
    await using tenant = await aSearchTenant(cluster)
    const entries = await fill(tenant, 128)
    await tenant.mergeAll()
    await tenant.write((search) => search.remove({ owner: entries[5]?.owner ?? '' }))
    await fill(tenant, 128)
    await tenant.mergeAll()
    assert.equal(await count(tenant, 'search_dead'), 1)
    assert.equal(await total(tenant), 255)
  })

  it('rewrites everything when much was removed', async () => {
    await using tenant = await aSearchTenant(cluster)
    const entries = Array.from({ length: 2_100 }, (_, i) => anEntry(`common w${i}`))
    await tenant.write((search) => search.index(entries))
    await tenant.mergeAll()
    await tenant.write((search) => search.remove({ entries: entries.slice(0, 300).map(({ id }) => id) }))
    assert.equal(await tenant.search.needsMerge(), true)
    await tenant.mergeAll()
    assert.equal(await count(tenant, 'search_dead'), 0)
    assert.equal(await total(tenant), 1_800)
  })

  it('an emptied index has no segment left', async () => {
    await using tenant = await aSearchTenant(cluster)
    const entries = await fill(tenant, 128)
    await tenant.write((search) => search.remove({ entries: entries.map(({ id }) => id) }))
    await tenant.mergeAll()
    for (const table of ['search_segment', 'search_page', 'search_word', 'search_dead', 'search_delta'])
      assert.equal(await count(tenant, table), 0, table)
  })

  it('two merges cannot double an entry: the second finds the lock taken', async () => {
    await using tenant = await aSearchTenant(cluster)
    await fill(tenant, 128)
    await tenant.write(async (search) => {
      assert.equal(await search.merge(), 'more')
      assert.equal(await tenant.write((other) => other.merge()), 'busy')
    })
    await Promise.all(
      [tenant.mergeAll(), tenant.write((search) => search.merge())].map((p) => p.catch(() => 0)),
    )
    assert.equal(await total(tenant), 128)
  })

  it('a snapshot from before a merge stays right after it', async () => {
    await using tenant = await aSearchTenant(cluster)
    await fill(tenant, 128)
    await tenant.mergeAll()
    await fill(tenant, 100)
    await tenant.write(async (search) => {
      assert.equal((await search.query({ text: 'word3 ' })).total, 2)
      await fill(tenant, 28)
      await tenant.mergeAll()
      assert.equal((await search.query({ text: 'common' })).total, 228)
      assert.equal((await search.query({ text: 'word99 ' })).total, 2)
      assert.equal(await total(tenant), 256)
    }, 'begin isolation level repeatable read')
  })

  it('a question between whose statements a merge commits is still right', async () => {
    await using tenant = await aSearchTenant(cluster)
    await fill(tenant, 128)
    let merged = false
    // The cold reader first learns what is there; before it fetches the pages, they are merged away.
    const slow = tenant.elsewhere(async () => {
      if (merged) return
      merged = true
      await tenant.mergeAll()
    })
    assert.equal((await slow.query({ text: 'common' })).total, 128)
    assert.equal((await slow.query({ text: 'common' })).total, 128)
    assert.equal(merged, true)
  })

  it('a process killed in the middle of a merge leaves the index whole, and another goes on', async () => {
    await using tenant = await aSearchTenant(cluster)
    await fill(tenant, 128)
    const child = fork(join(import.meta.dirname, '../../../test/merge-until-killed.ts'), {
      serialization: 'advanced',
      execArgv: [],
    })
    const login = { ...tenant.login, password: await tenant.login.password() }
    child.send({ login, secrets: tenant.keys.secrets(), tenant: tenant.tenant })
    const [outcome] = await once(child, 'message')
    assert.equal(outcome, 'more')
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
    assert.equal(await total(tenant), 128)
    await tenant.mergeAll()
    assert.equal(await total(tenant), 128)
    assert.equal(await count(tenant, 'search_segment'), 1)
  })

  it('a merge that was left half done is taken up, pass by pass', async () => {
    await using tenant = await aSearchTenant(cluster)
    const words = Array.from({ length: 400 }, (_, i) => `w${(i * 7_919) % 10_007}`)
    for (let batch = 0; batch < 6; batch++)
      await tenant.write((search) =>
        search.index(
          Array.from({ length: 400 }, (_, i) =>
            anEntry(`common b${batch} ${words.slice(i % 200).join(' ')}`),
          ),
        ),
      )
    let steps = 0
    for (let outcome = 'more'; outcome !== 'done'; steps++) {
      outcome = await tenant.write((search) => search.merge())
      assert.equal(
        await tenant
          .elsewhere()
          .query({ text: 'common' })
          .then(({ total: n }) => n),
        2_400,
      )
    }
    assert.ok(steps > 4, `${steps} steps`)
    assert.equal(await total(tenant, `${words[399]} `), 2_400)
    assert.equal(await total(tenant, 'b3 '), 400)
  })
})

describe('rewriting under a new key', () => {
  let cluster: OwnCluster
  before(async () => {
    cluster = await startCluster()
  })
  after(() => cluster.stop())

  it('moves every page and forgets what was removed; both versions are read meanwhile', async () => {
    await using tenant = await aSearchTenant(cluster)
    const entries = Array.from({ length: 2_200 }, (_, i) => anEntry(`common w${i}`))
    await tenant.write((search) => search.index(entries))
    await tenant.mergeAll()
    await tenant.write((search) => search.index([anEntry('common late')]))
    await tenant.write((search) => search.remove({ entries: [entries[77]?.id ?? ''] }))
    const version = tenant.keys.rotate()
    await tenant.write((search) => search.index([anEntry('common newest')]))
    assert.equal((await tenant.elsewhere().query({ text: 'common' })).total, 2_201)
    const seen: number[] = []
    for (;;) {
      const { done, total } = await tenant.write((search) => search.rewrite(version))
      seen.push(done)
      if (done === total) break
      assert.equal((await tenant.elsewhere().query({ text: 'common' })).total, 2_201)
    }
    assert.deepEqual(
      seen,
      [...seen].sort((a, b) => a - b),
    )
    const { rows } = await sql<{ n: number }>`
      select count(*)::int as n from (
        select key_version from search_segment union all select key_version from search_delta) as row
      where key_version <> ${version}`.execute(tenant.db)
    assert.equal(rows[0]?.n, 0)
    tenant.keys.forget(1)
    const answer = await tenant.elsewhere().query({ text: 'common' })
    assert.equal(answer.total, 2_201)
    assert.equal((await tenant.elsewhere().query({ text: 'w77 ' })).total, 0)
    const page = await sql<{ version: number }>`
      select distinct get_byte(sealed, 4) as version from (
        select sealed from search_page union all select sealed from search_word union all select sealed from search_delta) as part`.execute(
      tenant.db,
    )
    assert.deepEqual(page.rows, [{ version }])
  })

  it('refuses a version that is not the newest', async () => {
    await using tenant = await aSearchTenant(cluster)
    tenant.keys.rotate()
    await assert.rejects(
      tenant.write((search) => search.rewrite(1)),
      /newest/,
    )
  })
})
