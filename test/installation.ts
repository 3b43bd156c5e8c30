/**
 * A real installation for the tests that need the whole house: `up` with its processes, its databases and two
 * organisations in it. One is shared by all tests of a process and ends with it; others are made for tests that break things.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Ask, createAsk } from './ask.ts'
import { atTheEnd } from './at-the-end.ts'
import { theAuthority } from './outside-world.ts'
import { serverEnvironment } from './own-cluster.ts'

export interface DemoTenant {
  /** The routing id, with which its credentials and the names of its schemas begin. */
  readonly rid: string
  readonly name: string
  readonly region: string
  readonly domain: string
  readonly url: string
  readonly owner: { readonly email: string; readonly password: string }
  readonly apiKey: string
  readonly hmac: { readonly id: string; readonly key: string }
}

export interface Installation {
  readonly url: string
  readonly httpUrl: string
  readonly home: string
  readonly runFolder: string
  /** The folder that holds home and root key; gone after {@link stop}. */
  readonly folder: string
  readonly ca: string
  readonly outbox: string
  /** acme in eu, globex in us. */
  readonly tenants: readonly [DemoTenant, DemoTenant]
  readonly ask: Ask
  /** The process of `up`; ids of the others come from {@link processesOf}. */
  readonly pid: number
  /** What `up` and its processes said. */
  said(): string
  /** SIGTERM, then waits for the end. The folder stays when `keep` is given. */
  stop(keep?: 'keep'): Promise<void>
}

const ROOT = join(import.meta.dirname, '..')
const START_LIMIT_MS = 240_000
/** Where this run keeps what all its installations are copies of; none where they run on another server. */
const SET_UP = process.env.PANOPLY_TEST_SET_UP || undefined

// Shared state on purpose: starting a house takes seconds, and its tests do not share tenants' data but by asking for it.
let shared: Promise<Installation> | undefined

/** The installation that the tests of this process share. */
export function theInstallation(): Promise<Installation> {
  if (shared === undefined) {
    shared = startInstallation()
    atTheEnd(async () => (await shared?.catch(() => undefined))?.stop())
  }
  return shared
}

export interface StartOptions {
  /** An installation that is started again, or an empty folder for a new one; made here otherwise. */
  readonly folder?: string
  readonly port?: number
  /** False leaves the installation empty; it has the demo's organisations otherwise. */
  readonly demo?: false
}

/** Starts an installation of its own; the caller stops it. In a run of all tests it is a copy of one that was set up for all of them. */
export async function startInstallation(options: StartOptions = {}): Promise<Installation> {
  const folder = options.folder ?? newFolder()
  // As root the processes have users of their own, who must be able to pass.
  chmodSync(folder, 0o755)
  if (SET_UP !== undefined && options.demo !== false && readdirSync(folder).length === 0) {
    await setUp(SET_UP)
    execFileSync('cp', ['-a', `${SET_UP}/installation/.`, folder])
  }
  return start(folder, options)
}

const newFolder = (): string => mkdtempSync(join(tmpdir(), 'panoply-house-'))

/** Has the run's installation set up in `place`: by who comes first, the others wait. A first start takes three times as long as any other. */
async function setUp(place: string): Promise<void> {
  const made = join(place, 'installation')
  try {
    mkdirSync(place)
  } catch (error) {
    if (!existsSync(place)) throw error
    const end = performance.now() + START_LIMIT_MS
    while (!existsSync(made)) {
      if (performance.now() > end) throw new Error(`nobody has set up ${place}`)
      await pause(100)
    }
    return
  }
  const folder = newFolder()
  chmodSync(folder, 0o755)
  await (await start(folder, {})).stop('keep')
  renameSync(folder, made)
}

async function start(folder: string, options: StartOptions): Promise<Installation> {
  const port = options.port ?? (await freePort())
  const home = join(folder, 'home')
  const authority = join(folder, 'outside.crt')
  writeFileSync(authority, (await theAuthority()).pem)
  const demo = options.demo === false ? [] : ['--demo']
  const args = ['src/main.ts', 'up', '--json', ...demo, '--home', home, '--port', String(port)]
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    // The channel closes when this process dies, however it dies; `up` then stops by itself.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      PANOPLY_ROOT_KEY: join(folder, 'panoply', 'root.key'),
      PANOPLY_RUN: join(folder, 'run'),
      PANOPLY_ALLOW_LOOPBACK: '1',
      NODE_EXTRA_CA_CERTS: authority,
      ...serverEnvironment(),
    },
  })
  let output = ''
  child.stderr?.on('data', (piece) => {
    output += piece
  })
  const ready = await readyLine(child, () => output)
  const ask = createAsk(readFileSync(ready.ca, 'utf8'))
  return {
    url: ready.url,
    httpUrl: ready.httpUrl,
    home,
    runFolder: join(folder, 'run'),
    folder,
    ca: ready.ca,
    outbox: ready.outbox,
    tenants: ready.tenants.map(withRoutingId) as [DemoTenant, DemoTenant],
    ask,
    pid: ready.pid,
    said: () => output,
    async stop(keep) {
      await endChild(child)
      ask[Symbol.dispose]()
      if (keep !== 'keep') rmSync(folder, { recursive: true, force: true })
    },
  }
}

function withRoutingId(tenant: Omit<DemoTenant, 'rid'>): DemoTenant {
  return { ...tenant, rid: tenant.apiKey.split('.')[0] ?? '' }
}

interface Ready {
  readonly pid: number
  readonly url: string
  readonly httpUrl: string
  readonly ca: string
  readonly outbox: string
  readonly tenants: readonly Omit<DemoTenant, 'rid'>[]
}

function readyLine(child: ChildProcess, said: () => string): Promise<Ready> {
  const { promise, resolve, reject } = Promise.withResolvers<Ready>()
  const timer = setTimeout(() => {
    reject(new Error(`not ready after ${START_LIMIT_MS / 1000} s:\n${said()}`))
    child.kill('SIGKILL')
  }, START_LIMIT_MS)
  let text = ''
  child.stdout?.on('data', (piece) => {
    text += piece
    const line = text
      .split('\n')
      .find((candidate, index, lines) => candidate.startsWith('{') && index < lines.length - 1)
    if (line === undefined) return
    clearTimeout(timer)
    resolve(JSON.parse(line))
  })
  child.once('exit', (code, signal) => {
    clearTimeout(timer)
    reject(new Error(`up ended (${signal ?? code}) before it was ready:\n${said()}`))
  })
  return promise
}

async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 20_000)
  await ended
  clearTimeout(timer)
}

/**
 * A port N with N to N+8 free on loopback, where an installation puts its regions and its redirect. Below those that the system gives
 * away by itself (32768 on Linux, 49152 elsewhere): nobody's outgoing connection takes one while the installation is down for a moment.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const port = 10_000 + Math.floor(Math.random() * 22_000)
    const wanted = [0, 1, 2, 8].map((offset) => isFree(port + offset))
    if ((await Promise.all(wanted)).every(Boolean)) return port
  }
  throw new Error('no free ports')
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

export interface HouseProcess {
  readonly pid: number
  readonly parent: number
  readonly command: string
}

/** The processes below `pid`, itself included, read from /proc. */
export function processesOf(pid: number): HouseProcess[] {
  const all: HouseProcess[] = []
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || !existsSync(`/proc/${name}/stat`)) continue
    const found = readProcess(Number(name))
    if (found) all.push(found)
  }
  const chosen = new Set([pid])
  for (let before = 0; before !== chosen.size; ) {
    before = chosen.size
    for (const { pid: id, parent } of all) if (chosen.has(parent)) chosen.add(id)
  }
  return all.filter((entry) => chosen.has(entry.pid))
}

/** The processes of one role (`web`, `worker`, …) of an installation. */
export function processesOfRole(installation: Installation, role: string): HouseProcess[] {
  const wanted = new RegExp(`main\\.ts ${role}( |$)`)
  return processesOf(installation.pid).filter((entry) => wanted.test(entry.command))
}

function readProcess(pid: number): HouseProcess | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { pid, parent: Number(fields[1]), command }
  } catch (error) {
    // It ended while we looked.
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH'))
      return undefined
    throw error
  }
}
