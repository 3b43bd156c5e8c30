import assert from 'node:assert/strict'
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import { describe, it } from 'node:test'
import pg from 'pg'
import { startCluster } from '#test/own-cluster.ts'
import { bootstrapCluster, systemLogins } from './bootstrap-cluster.ts'
import { findOpenDatabases, openReplication } from './replication.ts'

/** What PostgreSQL stores of a password; the keeper makes the same. */
function verifierOf(password: string): string {
  const salt = Buffer.alloc(16, 7)
  const salted = pbkdf2Sync(password, salt, 1, 32, 'sha256')
  const hmac = (label: string) => createHmac('sha256', salted).update(label).digest()
  const stored = createHash('sha256').update(hmac('Client Key')).digest('base64')
  return `SCRAM-SHA-256$1:${salt.toString('base64')}$${stored}:${hmac('Server Key').toString('base64')}`
}

const passwordOf = (login: string): string => `password of ${login}`

async function aBareCluster() {
  const cluster = await startCluster()
  const verifiers = {
    migrator: verifierOf(passwordOf('migrator')),
    sealer: verifierOf(passwordOf('sealer')),
    dispatcher: verifierOf(passwordOf('dispatcher')),
    router: verifierOf(passwordOf('router')),
    registrar: verifierOf(passwordOf('registrar')),
    replicator: verifierOf(passwordOf('replicator')),
  }
  const place = { host: cluster.socketDir, port: cluster.port }
  const plan = { ...place, superuserPassword: cluster.superuserPassword, verifiers }
  async function as<T>(user: string, database: string, sql: string): Promise<T[]> {
    const client = new pg.Client({ ...place, user, password: passwordOf(user), database })
    await client.connect()
    try {
      return (await client.query(sql)).rows
    } finally {
      await client.end()
    }
  }
  return { plan: { ...plan, databases: ['cell', 'directory'] as const }, place, as, cluster }
}

const refused = (code: string) => (error: unknown) => error instanceof pg.DatabaseError && error.code === code

describe('a cluster that is set up', () => {
  it('is finished by the next start, wherever a kill struck', async () => {
    const { plan, as, cluster } = await aBareCluster()
    const send = pg.Client.prototype.query
    let allowed = 0
    let sent = 0
    // The connection ends between two statements, as when the process is killed there.
    pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
      if (sent++ >= allowed) throw new Error('killed here')
      return Reflect.apply(send, this, args)
    } as typeof send
    try {
      let rounds = 0
      for (; ; rounds++) {
        sent = 0
        try {
          await bootstrapCluster(plan)
          break
        } catch (error) {
          assert.match(String(error), /killed here/)
        }
        allowed++
      }
      assert.ok(rounds > 30, `${rounds} places to be killed`)
    } finally {
      pg.Client.prototype.query = send
    }
    for (const login of systemLogins.filter((name) => name !== 'replicator'))
      assert.deepEqual(
        await as(
          login,
          login === 'migrator' ? 'cell' : login === 'registrar' ? 'directory' : 'cell',
          'select 1 as one',
        ),
        [{ one: 1 }],
      )
    await cluster.stop()
  })

  it('gives each login its rights and PUBLIC none', async () => {
    const { plan, place, as, cluster } = await aBareCluster()
    await bootstrapCluster(plan)
    const superuser = new pg.Client({
      ...place,
      user: 'postgres',
      password: plan.superuserPassword,
      database: 'cell',
    })
    await assert.rejects(superuser.connect(), refused('28P01'), 'the superuser is closed')

    await assert.rejects(as('sealer', 'directory', 'select 1'), refused('42501'))
    await assert.rejects(as('dispatcher', 'directory', 'select 1'), refused('42501'))
    for (const login of systemLogins)
      await assert.rejects(as(login, 'template1', 'select 1'), refused('42501'))
    for (const sql of [
      'select lo_create(0)',
      'select pg_advisory_lock(1)',
      'select pg_try_advisory_xact_lock(1, 2)',
      `select pg_notify('a', 'b')`,
      `select pg_logical_emit_message(false, 'a', 'b')`,
      'create temp table a (b int)',
      'create table public.a (b int)',
      'create schema a',
      'create role a',
      'copy (select 1) to program $$true$$',
      `select pg_read_file('PG_VERSION')`,
    ])
      await assert.rejects(as('router', 'cell', sql), refused('42501'), sql)

    // What provisioning of a tenant needs.
    await as(
      'migrator',
      'cell',
      `create schema s; create role t_x login; grant connect on database cell to t_x`,
    )
    await as('migrator', 'cell', 'create schema q authorization dispatcher')
    const [role] = await as<{ rolsuper: boolean }>(
      'migrator',
      'cell',
      `select rolsuper from pg_roles where rolname = 'migrator'`,
    )
    assert.equal(role?.rolsuper, false)
    const roles = await as<{ rolname: string }>(
      'migrator',
      'cell',
      `select rolname from pg_roles where (rolsuper or rolbypassrls) and rolcanlogin`,
    )
    assert.deepEqual(roles, [])
    await cluster.stop()
  })

  it('the replication login sees the write-ahead log and no database', async () => {
    const { plan, place, cluster } = await aBareCluster()
    await bootstrapCluster(plan)
    const login = { ...place, user: 'replicator', password: passwordOf('replicator') }
    const replication = await openReplication(login)
    assert.match((await replication.identifySystem()).position, /^[0-9A-F]+\/[0-9A-F]+$/)
    assert.deepEqual(await findOpenDatabases(login, ['cell', 'directory', 'postgres', 'template1']), [])
    await replication.close()
    await cluster.stop()
  })
})
