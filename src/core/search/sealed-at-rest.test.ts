import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { sql } from 'kysely'
import pg from 'pg'
import { type OwnCluster, startCluster } from '#test/own-cluster.ts'
import { anEntry, aSearchTenant } from '#test/search-tenant.ts'
import { SealBroken } from '../keys/seal-broken.ts'

it('no word of an entry lies in the data files or the WAL, and the planted control does', async () => {
  const cluster = await startCluster({ settings: { full_page_writes: 'on', log_statement: 'all' } })
  try {
    await using tenant = await aSearchTenant(cluster)
    const planted = ['xylocarpous', 'quomodocunquize', 'zyzzyvas', 'floccinaucinihil']
    for (let i = 0; i < 130; i++)
      await tenant.write((search) =>
        search.index([anEntry(`${planted[i % 3]} number ${i} floccinaucinihil`)]),
      )
    await tenant.mergeAll()
    await tenant.write((search) => search.index([anEntry(planted.join(' '))]))
    assert.equal((await tenant.search.query({ text: 'xylocarpous "floccinaucinihil"' })).total > 40, true)
    await tenant.write((_, db) =>
      sql`insert into search_segment values (gen_random_uuid(), 'building', 1, 1, 1, 1, 1, 1, 1)`.execute(db),
    )
    const files = readdirSync(join(cluster.socketDir, 'data'), {
      recursive: true,
      withFileTypes: true,
    }).filter((file) => file.isFile())
    assert.ok(files.some(({ parentPath }) => parentPath.endsWith('pg_wal')))
    let control = 0
    for (const file of files) {
      const bytes = readFileSync(join(file.parentPath, file.name))
      if (bytes.includes('building')) control++
      for (const word of planted) {
        assert.equal(bytes.includes(word), false, `${word} in ${file.name}`)
        assert.equal(bytes.includes(word.slice(0, 9)), false, `the stem of ${word} in ${file.name}`)
      }
    }
    assert.ok(control > 0)
  } finally {
    await cluster.stop()
  }
})

it('a page moved to another bucket, or changed by a bit, does not open', async () => {
  const cluster = await startCluster()
  try {
    await using tenant = await aSearchTenant(cluster)
    await using other = await aSearchTenant(cluster)
    for (const each of [tenant, other])
      await each.write((search) =>
        search.index(Array.from({ length: 2_100 }, (_, i) => anEntry(`common w${i} x${i}`))),
      )
    await tenant.mergeAll()
    assert.equal((await tenant.elsewhere().query({ text: 'w7 ' })).total, 1)
    const asRoot = (text: string) => runAsRoot(cluster, text)
    await asRoot(`update t_${tenant.tenant}.search_page p set sealed = q.sealed from t_${tenant.tenant}.search_page q
      where p.segment = q.segment and p.bucket >= 0 and q.bucket = (p.bucket + 1) % 8`)
    await assert.rejects(tenant.elsewhere().query({ text: 'w7 w8 w9 w10 ' }), SealBroken)
    await asRoot(
      `update t_${other.tenant}.search_delta set sealed = set_bit(sealed, 500, 1 - get_bit(sealed, 500))`,
    )
    await assert.rejects(other.elsewhere().query({ text: 'w7 ' }), SealBroken)
  } finally {
    await cluster.stop()
  }
})

async function runAsRoot(cluster: OwnCluster, text: string): Promise<void> {
  const client = new pg.Client({
    host: cluster.socketDir,
    port: cluster.port,
    user: cluster.superuser,
    password: cluster.superuserPassword,
    database: 'postgres',
  })
  await client.connect()
  await client.query(text)
  await client.end()
}
