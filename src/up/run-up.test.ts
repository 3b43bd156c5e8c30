import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import { get } from 'node:http'
import { get as getSecurely } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { findAccount } from '#core/become-user.ts'
import { workRootOf } from '#core/jobs/work-folder.ts'
import { identityOf, isRunning, type ProcessIdentity, processesIn } from '#core/process-identity.ts'
import { freePort } from '#test/installation.ts'
import { serverEnvironment } from '#test/own-cluster.ts'

const main = join(import.meta.dirname, '../main.ts')
const isRoot = process.getuid?.() === 0
const folders: string[] = []
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

interface House {
  readonly home: string
  readonly folder: string
  readonly port: number
  readonly account: { uid: number; gid: number } | null
}

interface Started {
  readonly child: ChildProcess
  readonly ready: Record<string, unknown> & { url: string; httpUrl: string; ca: string; pid: number }
  readonly milliseconds: number
}

async function aHouse(account: House['account'] = null): Promise<House> {
  const folder = mkdtempSync(join(tmpdir(), 'panoply-up-'))
  folders.push(folder)
  chmodSync(folder, 0o711)
  if (account) chownSync(folder, account.uid, account.gid)
  return { folder, home: join(folder, 'home'), port: await freePort(), account }
}

/** Starts `up`; answers its ready line, or fails with what it said instead. */
async function start(house: House): Promise<Started> {
  const began = performance.now()
  const child = launch(house)
  let said = ''
  child.stderr?.on('data', (text) => {
    said += text
  })
  const line = await new Promise<string>((resolve, reject) => {
    let printed = ''
    child.stdout?.on('data', (text) => {
      printed += text
      const whole = printed.split('\n').find((one, i, all) => one.startsWith('{') && i < all.length - 1)
      if (whole) resolve(whole)
    })
    child.once('exit', (code) => reject(new Error(`up ended (${code}): ${said}`)))
  })
  return { child, ready: JSON.parse(line), milliseconds: Math.round(performance.now() - began) }
}

/** Runs `up` where it is bound to fail. */
async function startInVain(house: House): Promise<{ code: number | null; said: string }> {
  const child = launch(house)
  let said = ''
  child.stderr?.on('data', (text) => {
    said += text
  })
  const code = await endOf(child)
  return { code, said }
}

function launch({ folder, home, port, account }: House): ChildProcess {
  return spawn(process.execPath, [main, 'up', '--json', '--home', home, '--port', String(port)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: '/',
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      PANOPLY_RUN: join(folder, 'run'),
      PANOPLY_ROOT_KEY: join(folder, 'keys', 'root.key'),
      ...serverEnvironment(),
    },
    ...account,
  })
}

const endOf = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) =>
    child.exitCode === null && child.signalCode === null
      ? child.once('exit', resolve)
      : resolve(child.exitCode),
  )

/** The processes of a home, by what they are: five roles and the servers of three regions. */
function processesOf(house: House): Map<string, ProcessIdentity> {
  const found = new Map<string, ProcessIdentity>()
  for (const name of readdirSync('/proc').filter((one) => /^\d+$/.test(one))) {
    const words = commandLine(name)
    const role =
      words.indexOf('--home') > 1 && words[words.indexOf('--home') + 1] === house.home ? words[2] : undefined
    const identity = identityOf(Number(name))
    if (role && role !== 'up' && identity) found.set(role, identity)
  }
  for (const region of ['eu', 'us', 'asia']) {
    const lock = join(house.home, 'regions', region, 'pg', 'postmaster.pid')
    const identity = existsSync(lock) ? identityOf(Number(readFileSync(lock, 'utf8').split('\n')[0])) : null
    if (identity) found.set(`postgres ${region}`, identity)
  }
  return found
}

function commandLine(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}

async function until(what: string, isSo: () => boolean | Promise<boolean>, limit = 30_000): Promise<number> {
  const began = Date.now()
  while (!(await isSo())) {
    assert.ok(Date.now() - began < limit, `${what}: not within ${limit} ms`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return Date.now() - began
}

/** Status of a request to the API, or null when nobody answers. */
function ask({ ready }: Started, path: string): Promise<number | null> {
  return new Promise((resolve) => {
    const sent = getSecurely(
      `${ready.url}${path}`,
      { ca: readFileSync(ready.ca), agent: false },
      (answer) => {
        answer.resume()
        resolve(answer.statusCode ?? null)
      },
    )
    sent.on('error', () => resolve(null))
  })
}

const everything = [
  'backup',
  'cell',
  'keeper',
  'postgres asia',
  'postgres eu',
  'postgres us',
  'web',
  'worker',
]

describe('everything in one go', () => {
  let house: House
  let started: Started

  it('the first start serves HTTPS, redirects HTTP, and prints one ready line', async (t) => {
    house = await aHouse()
    started = await start(house)
    t.diagnostic(`first start ever: ${started.milliseconds} ms`)
    assert.deepEqual(Object.keys(started.ready), [
      'ready',
      'pid',
      'url',
      'httpUrl',
      'ca',
      'home',
      'outbox',
      'tenants',
    ])
    assert.equal(started.ready.pid, started.child.pid)
    assert.equal(await ask(started, '/v1/regions'), 200)
    const redirect = await new Promise((resolve, reject) => {
      get(`${started.ready.httpUrl}/v1/regions`, { agent: false }, (answer) =>
        resolve([answer.resume().statusCode, answer.headers.location]),
      ).on('error', reject)
    })
    assert.deepEqual(redirect, [308, `${started.ready.url}/v1/regions`])
    assert.deepEqual([...processesOf(house).keys()].sort(), everything)
  })

  it('as root, each process has a user of its own and none is root', {
    skip: isRoot ? false : 'needs root, to give each process a user of its own',
  }, () => {
    const owners = new Map<string, string>()
    for (const [role, { pid }] of processesOf(house)) {
      const ids =
        /^Uid:\s+(\d+)\s+(\d+)\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.slice(1) ?? []
      assert.equal(new Set(ids).size, 1, `${role} can return to another user`)
      assert.match(readFileSync(`/proc/${pid}/status`, 'utf8'), /^CapEff:\s+0+$/m)
      owners.set(role.replace(/ .*/, ''), ids[0] ?? '')
    }
    assert.equal(new Set(owners.values()).size, 6)
    assert.ok(![...owners.values()].includes('0'))
  })

  it('a second start on the same home is refused and names the first', async () => {
    const { code, said } = await startInVain(house)
    assert.equal(code, 2)
    assert.match(said, new RegExp(`already runs on ${house.home} \\(process ${started.ready.pid}\\)`))
  })

  it('a port in use is named', async () => {
    const other = { ...(await aHouse()), port: house.port - 1 }
    const { code, said } = await startInVain(other)
    assert.equal(code, 2)
    assert.match(said, new RegExp(`Port ${house.port} \\(region us\\) is in use`))
  })

  it('a folder that holds something else is left alone', async () => {
    const other = await aHouse()
    mkdirSync(join(other.home, 'photos'), { recursive: true })
    const { code, said } = await startInVain(other)
    assert.equal(code, 2)
    assert.match(said, /holds other files/)
    assert.deepEqual(readdirSync(other.home), ['photos'])
  })

  it('as root, a home behind a closed folder is refused by that folder', {
    skip: isRoot ? false : 'needs root, to give each process a user of its own',
  }, async () => {
    const other = await aHouse()
    chmodSync(other.folder, 0o700)
    const { code, said } = await startInVain(other)
    assert.equal(code, 2)
    assert.ok(said.includes(`chmod o+x ${other.folder}`), said)
  })

  it('whatever is killed is started again, databases too', async (t) => {
    const before = processesOf(house)
    for (const name of everything) process.kill(before.get(name)?.pid ?? 0, 'SIGKILL')
    const milliseconds = await until('all are back', async () => {
      const now = processesOf(house)
      return (
        everything.every((name) => now.has(name) && now.get(name)?.pid !== before.get(name)?.pid) &&
        (await ask(started, '/v1/regions')) === 200
      )
    })
    t.diagnostic(`all eight back after ${milliseconds} ms`)
    assert.ok(isRunning({ pid: started.ready.pid, started: identityOf(started.ready.pid)?.started ?? '' }))
  })

  it('when `up` is killed, all the others stop by themselves, and the next start works', async (t) => {
    const before = processesOf(house)
    started.child.kill('SIGKILL')
    await endOf(started.child)
    const milliseconds = await until(
      'all have stopped',
      () => [...before.values()].every((one) => !isRunning(one)),
      15_000,
    )
    t.diagnostic(`all stopped after ${milliseconds} ms`)
    started = await start(house)
    t.diagnostic(`next start: ${started.milliseconds} ms`)
    assert.equal(await ask(started, '/v1/regions'), 200)
  })

  it('when everything is killed at once, the next start works at once', async (t) => {
    const all = processesOf(house)
    started.child.kill('SIGKILL')
    for (const { pid } of all.values()) process.kill(pid, 'SIGKILL')
    started = await start(house)
    t.diagnostic(`start after a kill of everything: ${started.milliseconds} ms`)
    assert.equal(await ask(started, '/v1/regions'), 200)
  })

  it('SIGTERM ends it with code 0 and leaves nothing running', async () => {
    const all = processesOf(house)
    assert.equal(all.size, 8)
    const workRoot = await workRootOf(join(house.folder, 'run'))
    assert.ok(existsSync(workRoot))
    started.child.kill('SIGTERM')
    assert.equal(await endOf(started.child), 0)
    assert.ok(!existsSync(workRoot), 'the folder in memory where parsers work is still there')
    assert.deepEqual([...all.values()].filter(isRunning), [])
    for (const region of ['eu', 'us', 'asia'])
      assert.deepEqual(processesIn(join(house.home, 'regions', region, 'pg')), [])
  })

  it('SIGTERM in the middle of a start ends it cleanly too', async () => {
    const child = launch(house)
    await until('the keeper runs', () => processesOf(house).has('keeper'))
    child.kill('SIGTERM')
    assert.equal(await endOf(child), 0)
    assert.equal(processesOf(house).size, 0)
  })

  it('SIGKILL in the middle of a start leaves no process that waits to begin', async () => {
    const child = launch(house)
    await until('every process loads', () => processesOf(house).size >= 5)
    child.kill('SIGKILL')
    await until('all have ended', () => processesOf(house).size === 0)
  })

  it('an ordinary user can run it', {
    skip: isRoot ? false : 'needs root, to give each process a user of its own',
  }, async () => {
    const account = findAccount('nobody')
    assert.ok(account)
    const own = await aHouse(account)
    const theirs = await start(own)
    assert.equal(await ask(theirs, '/v1/regions'), 200)
    const owners = [...processesOf(own).values()].map(({ pid }) =>
      execFileSync('ps', ['-o', 'uid=', '-p', String(pid)], { encoding: 'utf8' }).trim(),
    )
    assert.deepEqual([...new Set(owners)], [String(account.uid)])
    theirs.child.kill('SIGTERM')
    assert.equal(await endOf(theirs.child), 0)
  })
})
