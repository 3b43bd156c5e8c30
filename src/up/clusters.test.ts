import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import pg from 'pg'
import { findAccount } from '#core/become-user.ts'
import { identityOf, isRunning, processesIn } from '#core/process-identity.ts'
import { serverBin } from '#test/own-cluster.ts'
import { type ClusterPlan, endLeftovers, startCluster } from './clusters.ts'

const account = process.getuid?.() === 0 ? (findAccount('postgres') ?? findAccount('nobody')) : null
const folders: string[] = []
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** A plan for a cluster that is not there yet. */
function aPlan(): ClusterPlan {
  const folder = mkdtempSync(join(tmpdir(), 'panoply-cluster-'))
  folders.push(folder)
  const socketFolder = join(folder, 'run')
  mkdirSync(socketFolder)
  for (const path of [folder, socketFolder]) if (account) chownSync(path, account.uid, account.gid)
  return {
    region: 'eu',
    folder: join(folder, 'pg'),
    socketFolder,
    logFile: join(folder, 'postgres.log'),
    bin: serverBin(),
    account,
    purpose: 'setUp',
  }
}

let template: Promise<ClusterPlan> | undefined

/** A plan whose cluster was made and stopped before; copied, because making one takes a second. */
async function aMadePlan(): Promise<ClusterPlan> {
  template ??= (async () => {
    const plan = aPlan()
    await (await startCluster(plan)).stop()
    return plan
  })()
  const plan = aPlan()
  execFileSync('cp', ['-a', (await template).folder, plan.folder])
  return plan
}

async function query(plan: ClusterPlan, password: string | null, sql: string): Promise<unknown[]> {
  const client = new pg.Client({
    host: plan.socketFolder,
    user: 'postgres',
    password: password ?? '',
    database: 'postgres',
  })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

/** A process that starts the cluster as `up` does, and is then killed as `up` may be. */
async function startElsewhere(plan: ClusterPlan): Promise<ChildProcess> {
  const code = `import { startCluster } from ${JSON.stringify(join(import.meta.dirname, 'clusters.ts'))}
    await startCluster(${JSON.stringify(plan)})
    console.log('started')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise((resolve) => child.stdout?.once('data', resolve))
  return child
}

/** The server's own process id. */
const leaderOf = (plan: ClusterPlan): number =>
  Number(readFileSync(join(plan.folder, 'postmaster.pid'), 'utf8').split('\n')[0])

describe('a cluster of ours', () => {
  it('is made, keeps what was committed, and stops without a trace', async () => {
    const plan = aPlan()
    const first = await startCluster(plan)
    await query(plan, first.superuserPassword, 'create table kept as select 1 as one')
    const settings = `select current_setting('data_checksums') as sums, current_setting('listen_addresses') as net,
      pg_encoding_to_char(encoding) as encoding, coalesce(to_jsonb(d) ->> 'datlocale', datcollate) as locale,
      current_setting('password_encryption') as auth from pg_database d where datname = 'postgres'`
    assert.deepEqual(await query(plan, first.superuserPassword, settings), [
      { sums: 'on', net: '', encoding: 'UTF8', locale: 'C.UTF-8', auth: 'scram-sha-256' },
    ])
    await first.stop()
    assert.deepEqual(processesIn(plan.folder), [])
    assert.ok(!existsSync(join(plan.folder, 'postmaster.pid')))

    const second = await startCluster({ ...plan, purpose: 'setUp' })
    assert.deepEqual(await query(plan, second.superuserPassword, 'select one from kept'), [{ one: 1 }])
    await assert.rejects(query(plan, first.superuserPassword, 'select 1'), 'each set-up has its own password')
    await second.stop()
  })

  it('writes no word of a statement to its log', async () => {
    const plan = await aMadePlan()
    const cluster = await startCluster(plan)
    const password = cluster.superuserPassword
    await query(plan, password, 'create table t (name text primary key)')
    await query(plan, password, `insert into t values ('marzipan')`)
    await assert.rejects(query(plan, password, `insert into t values ('marzipan')`))
    await assert.rejects(query(plan, password, `select 'marzipan'::int`))
    await assert.rejects(query(plan, password, `do $$ begin raise exception 'marzipan'; end $$`))
    await assert.rejects(query(plan, password, `do $$ begin raise warning 'marzipan'; perform 1/0; end $$`))
    // A session that crashes is logged with what it ran.
    await assert.rejects(
      query(plan, password, `select pg_sleep(0.01), 'marzipan', pg_terminate_backend(pg_backend_pid())`),
    )
    await cluster.stop()
    assert.ok(!readFileSync(plan.logFile, 'utf8').includes('marzipan'))
  })

  it('starts again after its server was killed, with what was committed', async () => {
    const plan = await aMadePlan()
    const first = await startCluster(plan)
    await query(plan, first.superuserPassword, 'create table kept as select 1 as one')
    process.kill(first.pid, 'SIGKILL')
    await first.ended
    const second = await startCluster({ ...plan, purpose: 'setUp' })
    assert.deepEqual(await query(plan, second.superuserPassword, 'select one from kept'), [{ one: 1 }])
    await second.stop()
  })

  it('stops by itself when the process that started it is killed', async () => {
    const plan = await aMadePlan()
    const child = await startElsewhere(plan)
    const server = identityOf(leaderOf(plan))
    assert.ok(server)
    child.kill('SIGKILL')
    const until = Date.now() + 5000
    while (isRunning(server)) {
      assert.ok(Date.now() < until, 'the server still runs after 5 s')
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })

  it('an orphaned server is ended before a new one starts, sessions and all', async () => {
    const plan = await aMadePlan()
    const child = await startElsewhere(plan)
    const orphan = leaderOf(plan)
    // Without its watching shell, nobody tells the server that `up` has died.
    const shell = Number(readFileSync(`/proc/${orphan}/stat`, 'utf8').split(' ')[3])
    process.kill(shell, 'SIGKILL')
    child.kill('SIGKILL')
    const server = identityOf(orphan)
    assert.ok(server, 'the orphan runs')
    const next = await startCluster(plan)
    assert.ok(!isRunning(server))
    assert.notEqual(next.pid, orphan)
    await next.stop()
  })

  it('is not held up by a lock file of a zombie', async () => {
    const plan = await aMadePlan()
    // A parent that never waits for its child, as in a container without an init.
    const parent = spawn('/bin/sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const zombie = Number(
      await new Promise((resolve) => parent.stdout?.once('data', (text) => resolve(String(text)))),
    )
    while (identityOf(zombie) !== null) await new Promise((resolve) => setTimeout(resolve, 5))
    assert.match(readFileSync(`/proc/${zombie}/stat`, 'utf8'), /\) Z /)
    leaveLock(plan, zombie)
    const next = await startCluster(plan)
    await next.stop()
    parent.kill('SIGKILL')
  })

  it('is not held up by a lock file whose process id now belongs to somebody else, and leaves them alone', async () => {
    const plan = await aMadePlan()
    const stranger = spawn('/bin/sleep', ['60'], account ?? {})
    leaveLock(plan, stranger.pid ?? 0)
    const next = await startCluster(plan)
    await next.stop()
    assert.equal(stranger.exitCode, null)
    assert.ok(stranger.kill('SIGKILL'))
  })

  it('a start killed while it made the cluster begins anew', async () => {
    const plan = aPlan()
    mkdirSync(`${plan.folder}.new/base`, { recursive: true })
    writeFileSync(join(`${plan.folder}.new`, 'PG_VERSION'), '18')
    const cluster = await startCluster(plan)
    await cluster.stop()
    assert.ok(!existsSync(`${plan.folder}.new`))
  })

  it('never replaces a damaged cluster', async () => {
    const plan = await aMadePlan()
    rmSync(join(plan.folder, 'PG_VERSION'))
    await assert.rejects(startCluster(plan), /ENOTEMPTY/)
    assert.ok(existsSync(join(plan.folder, 'base')))
  })

  it('says in the words of the server why it does not start', async () => {
    const plan = await aMadePlan()
    writeFileSync(join(plan.folder, 'local.conf'), `no_such_setting = 'x'\n`)
    await assert.rejects(
      startCluster({ ...plan, purpose: 'serve' }),
      /region eu did not start.*no_such_setting/s,
    )
    await endLeftovers(plan)
  })
})

/** The lock files as a server with this process id leaves them when it is killed. */
function leaveLock(plan: ClusterPlan, pid: number): void {
  const lines = [pid, plan.folder, 1, 5432, plan.socketFolder, '', '', 'ready   ', '']
  const files = [join(plan.folder, 'postmaster.pid'), join(plan.socketFolder, '.s.PGSQL.5432.lock')]
  for (const file of files) {
    writeFileSync(file, lines.join('\n'), { mode: 0o600 })
    if (account) chownSync(file, account.uid, account.gid)
  }
}
