import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import pg from 'pg'
import { DENIED_STATEMENTS, EMPTY_STATEMENTS } from '#trust/prober/sql-statements.ts'
import { connectAsRole, passwordOf, placeOf } from '../as-role.ts'
import { fileForm } from '../ask.ts'
import { type DemoTenant, type Installation, theInstallation } from '../installation.ts'
import { onePagePdf } from '../one-page-pdf.ts'
import { anOrganisation, expectStatus } from '../people.ts'
import { readStatements } from './read-statements.ts'

// insufficient_privilege; undefined for what does not even exist for A; invalid_authorization; must be owner; not in this mode.
const DENIALS = new Set(['42501', '28000', '0LP01', '0A000', '55000'])

describe('the database login of one tenant', () => {
  let house: Installation
  let a: DemoTenant
  let b: DemoTenant
  let names: Record<string, string>
  let neighbour: pg.Client

  before(async () => {
    house = await theInstallation()
    a = house.tenants[0]
    // In the same cell, where only roles stand between the two.
    b = await anOrganisation(house, 'neighbour-by-sql.example', a)
    const form = fileForm(
      'secret.pdf',
      onePagePdf('zzneighboursecret'),
      'application/pdf',
      'zzneighbourtitle',
    )
    expectStatus(await house.ask(`${b.url}/v1/documents`, { apiKey: b.apiKey, body: form }), 201)
    names = {
      a: `t_${a.rid}`,
      b: `t_${b.rid}`,
      aPeople: `t_${a.rid}_people`,
      bPeople: `t_${b.rid}_people`,
      bLogin: `t_${b.rid}`,
    }
    neighbour = await connectAsRole(house, a.region, `t_${b.rid}`)
    names.bPid = String((await neighbour.query('select pg_backend_pid() as pid')).rows[0].pid)
  })
  after(async () => {
    assert.equal((await neighbour.query('select 1')).rowCount, 1, 'the neighbour was not disturbed')
    await neighbour.end()
  })

  for (const suffix of ['', '_people']) {
    describe(suffix === '' ? 'to its activity' : 'to its people', () => {
      let client: pg.Client
      before(async () => {
        client = await connectAsRole(house, a.region, `t_${a.rid}${suffix}`)
      })
      after(() => client.end())

      it('is denied every statement of denied.sql', async () => {
        const statements = readStatements('denied.sql', names)
        assert.ok(statements.length > 280, `only ${statements.length} statements`)
        const allowed: string[] = []
        for (const { sql } of statements) {
          const verdict = await verdictOf(client, sql)
          if (verdict !== null) allowed.push(`${sql.split('\n')[0]}: ${verdict}`)
        }
        assert.deepEqual(allowed, [])
      })

      it('learns nothing of its neighbour from the catalogs', async () => {
        const statements = readStatements('nothing.sql', names)
        assert.ok(statements.length > 20)
        for (const { sql, rows } of statements) {
          const result = await client.query(sql)
          if (rows !== null)
            assert.equal(result.rows.length, rows, `${sql}\n${JSON.stringify(result.rows.slice(0, 3))}`)
          assert.doesNotMatch(JSON.stringify(result.rows), /zzneighbour/, sql)
        }
      })

      it('reads no relation outside its schemas and the catalogs', async () => {
        const own = [names.a, names.aPeople]
        const { rows } = await client.query<{ schema: string; name: string }>(
          `select n.nspname as schema, c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
           where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S', 't') and n.nspname not in ('pg_catalog', 'information_schema')`,
        )
        const strange = rows.filter(({ schema }) => !own.includes(schema))
        assert.ok(strange.length > 20)
        const open: string[] = []
        for (const { schema, name } of strange) {
          const verdict = await verdictOf(client, `select * from "${schema}"."${name}" limit 1`)
          if (verdict !== null) open.push(`${schema}.${name}: ${verdict}`)
        }
        assert.deepEqual(open, [])
      })

      it('does not open another database, another region or a replication connection', async () => {
        const role = `t_${a.rid}${suffix}`
        const password = await passwordOf(house, a.region, role)
        const [cell] = placeOf(house, a.region).cells
        const [other] = placeOf(house, 'us').cells
        const base = { user: role, password, port: cell.port, host: cell.host, database: 'cell' }
        const places = [
          { ...base, database: 'directory' },
          { ...base, database: 'postgres' },
          { ...base, database: 'template1' },
          { ...base, host: other.host, port: other.port },
          { ...base, replication: 'database' },
          { ...base, replication: 'true' },
          { ...base, user: `t_${b.rid}` },
          { ...base, user: 'postgres' },
          { ...base, user: 'migrator' },
        ]
        for (const place of places) {
          const stranger = new pg.Client(place)
          stranger.on('error', () => undefined)
          await assert.rejects(stranger.connect(), (error: Error & { code?: string }) => {
            assert.match(
              String(error.code),
              /^(42501|28P01|28000|3D000)$/,
              `${JSON.stringify({ ...place, password: '' })}: ${error.message}`,
            )
            return true
          })
        }
      })
    })
  }

  for (const role of ['sealer', 'dispatcher', 'router', 'registrar']) {
    // The registrar enters the directory alone; what it tries there of a tenant does not even exist.
    const database = role === 'registrar' ? 'directory' : 'cell'
    it(`as ${role} is denied every statement of system-denied.sql that is not its own`, async () => {
      const statements = readStatements('system-denied.sql', { ...names, aLogin: `t_${a.rid}` })
      assert.ok(statements.length > 100, `only ${statements.length} statements`)
      const client = await connectAsRole(house, a.region, role, database)
      const wrong: string[] = []
      try {
        for (const { sql, but } of statements) {
          const verdict = await verdictOf(client, sql)
          const isMine = but.includes(role)
          const isAbsent = database === 'directory' && /^(42P01|3F000|42883) /.test(verdict ?? '')
          if (isMine ? verdict === null : verdict !== null && !isAbsent)
            wrong.push(`${sql.split('\n')[0]}: ${verdict ?? 'denied, and is its own'}`)
        }
      } finally {
        await client.end()
      }
      assert.deepEqual(wrong, [])
    })
  }

  it('as replicator opens no database at all', async () => {
    const [cell] = placeOf(house, a.region).cells
    const password = await passwordOf(house, a.region, 'replicator')
    for (const database of ['cell', 'directory', 'postgres', 'template1']) {
      const stranger = new pg.Client({
        user: 'replicator',
        password,
        port: cell.port,
        host: cell.host,
        database,
      })
      stranger.on('error', () => undefined)
      await assert.rejects(stranger.connect(), /permission denied|no pg_hba|rejects/, database)
    }
  })

  it('is denied everything that the prober tries, and the list of the prober is part of this one', () => {
    const texts = new Set(
      [...readStatements('denied.sql', {}), ...readStatements('nothing.sql', {})].map(({ sql }) =>
        squeezed(sql),
      ),
    )
    const missing = [...DENIED_STATEMENTS, ...EMPTY_STATEMENTS].filter((sql) => !texts.has(squeezed(sql)))
    assert.deepEqual(missing, [])
  })

  it('hears nothing of a neighbour that works', async () => {
    const client = await connectAsRole(house, a.region, `t_${a.rid}`)
    const heard: string[] = []
    client.on('notification', ({ channel, payload }) => heard.push(`${channel} ${payload}`))
    for (const channel of ['jobs:insert', 'jobs:cancel', 'worker:migrate', 'audit', 'panoply'])
      await client.query(`listen "${channel}"`)
    const form = fileForm('heard.pdf', onePagePdf('zzneighbournoise'))
    expectStatus(await house.ask(`${b.url}/v1/documents`, { apiKey: b.apiKey, body: form }), 201)
    await client.query('select 1')
    await client.end()
    assert.doesNotMatch(heard.join('\n'), new RegExp(`zzneighbour|${b.rid}`))
    for (const line of heard)
      assert.match(
        line,
        /^jobs:(insert \{"r":[\d.e-]+,"count":\d+\}|cancel 1)$/,
        'a payload is no more than a counter',
      )
  })
})

function squeezed(sql: string): string {
  return sql.replace(/\s+/g, ' ')
}

/** Not possible inside a transaction, and so tried without one. */
const ALONE = /^(alter system|create database|create tablespace|vacuum|cluster|reindex)/

/** Null when the statement was denied; else what came of it. */
async function verdictOf(client: pg.Client, sql: string): Promise<string | null> {
  let isGranted = true
  // A grant by somebody who may not grant is no error in PostgreSQL, but a warning that nothing was granted.
  const onNotice = ({ code }: { code?: string | undefined }): void => {
    if (code === '01007') isGranted = false
  }
  client.on('notice', onNotice)
  if (!ALONE.test(sql)) await client.query('begin')
  try {
    const result = await client.query(sql)
    const hasHitNobody = result.rows?.length === 0 && /^select pg_(terminate|cancel)/.test(sql)
    return hasHitNobody || !isGranted ? null : `done, ${result.rowCount} rows`
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error
    return DENIALS.has(error.code ?? '') ? null : `${error.code} ${error.message}`
  } finally {
    if (!ALONE.test(sql)) await client.query('rollback')
    client.off('notice', onNotice)
  }
}
