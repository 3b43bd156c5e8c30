// `up`: everything of one home in one go. It starts, watches and stops; it serves nobody itself.
// Order: lock, layout, certificates, keeper, clusters with their set-up, cell, then backup, web and worker. Stopping
// goes the other way, the web first so that it drains, the clusters last.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Config, keeperSocket, type RunningRole, writeInstallation } from '#core/config.ts'
import { openKeeperClient } from '#core/keys/keeper-client.ts'
import { noteHome } from '#core/known-homes.ts'
import { openLog } from '#core/log.ts'
import { ensureCertificates } from './certificates.ts'
import { endListed, openChildList } from './child-list.ts'
import { layOutHome, openHome, upFolder } from './home-layout.ts'
import { lockHome } from './home-lock.ts'
import { assertPortsFree } from './ports.ts'
import { assertHomeReachable, reachableApp } from './reachable.ts'
import { type DemoTenant, describeReady, type Ready, tellReady } from './ready-line.ts'
import { runClusters } from './set-up-clusters.ts'
import { type HeldRole, holdRole, type RolePlan } from './start-role.ts'
import { type Running, supervise, type Watched } from './supervisor.ts'
import { ensureSystemUsers } from './system-users.ts'
import { trustOwnTests } from './trust-own-tests.ts'

const roles = ['keeper', 'cell', 'web', 'worker', 'backup'] as const

/**
 * Starts everything and prints the ready line. `signal` interrupts a start that is under way.
 * @throws ConfigError for what the person who typed the command can mend
 */
export async function runUp(config: Config, signal: AbortSignal): Promise<RunningRole> {
  if (config.hasSystemUsers) assertHomeReachable(config.home)
  openHome(config.home)
  const lock = lockHome(config.home, upFolder(config.home))
  /** What has been started, in order; each is undone by what it gave. */
  const undo: (() => Promise<void>)[] = [async () => lock.release()]
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step()
  }
  try {
    await startAll(config, signal, undo)
  } catch (error) {
    await stop()
    throw error
  }
  return { stop }
}

async function startAll(config: Config, signal: AbortSignal, undo: (() => Promise<void>)[]): Promise<void> {
  const log = openLog(config)
  const say = (text: string): void => {
    log.info(text)
    if (!config.isJson) process.stderr.write(`${text}\n`)
  }
  const children = join(upFolder(config.home), 'children.json')
  const left = await endListed(children)
  if (left.length > 0) say(`Ended what an earlier run left: ${left.join(', ')}.`)
  await assertPortsFree(config)

  const users = config.hasSystemUsers ? await ensureSystemUsers() : null
  const appFolder = users ? reachableApp(config.appFolder) : config.appFolder
  layOutHome(config, users)
  writeInstallation(config)
  if (users) noteHome(config.home)
  trustOwnTests(config.home)

  const list = openChildList(children)
  const node = nodeFor(appFolder, config.appFolder)
  const hold = (role: RolePlan['role']): HeldRole =>
    holdRole({ role, config, appFolder, node, runAs: users?.accounts[role].name ?? null, children: list })
  // Loading a program takes longer than most of what its role waits for, so all load at once, in the order of need.
  const held = new Map(roles.map((role) => [role, hold(role)]))
  undo.push(async () => void (await Promise.all([...held.values()].map((one) => one.drop()))))
  async function run(role: RolePlan['role']): Promise<Watched> {
    signal.throwIfAborted()
    const start = (): Promise<Running> => {
      const first = held.get(role) ?? hold(role)
      held.delete(role)
      return first.begin()
    }
    const watched = await supervise({ name: role, start }, log)
    undo.push(() => watched.stop())
    return watched
  }
  await ensureCertificates(config, users ? users.accounts.web : null)

  say(
    existsSync(join(config.home, 'regions', config.regions[0].name, 'pg'))
      ? 'Starting …'
      : 'First start: making keys and databases …',
  )
  await run('keeper')
  signal.throwIfAborted()
  const keeper = openKeeperClient({ socket: keeperSocket(config, 'up'), timeout: 10_000 })
  try {
    // A spawned program gets no other groups, and it is this one that passes into the run folder.
    const account = users ? { uid: users.accounts.db.uid, gid: users.everyone } : null
    const clusters = await runClusters({ config, appFolder, account, keeper, log })
    undo.push(async () => void (await Promise.all(clusters.map((cluster) => cluster.stop()))))
  } finally {
    keeper.close()
  }
  await run('cell')
  const [web] = await allStarted([run('web'), run('worker'), run('backup')])
  const ready = describeReady(config, web?.report ?? {})
  const tenants = config.isDemo ? await fillDemo(config, ready) : []
  signal.throwIfAborted()
  announce(config, { ...ready, tenants })
  log.info({ url: ready.url, milliseconds: Math.round(performance.now()) }, 'everything serves')
}

/** Waits for all, so that what did start is known to the undo list when one fails. */
async function allStarted(starts: Promise<Watched>[]): Promise<Watched[]> {
  await Promise.allSettled(starts)
  return Promise.all(starts)
}

function announce(config: Config, ready: Ready): void {
  if (config.isJson) process.stdout.write(`${JSON.stringify(ready)}\n`)
  else process.stderr.write(tellReady(config, ready))
}

/** The demo is a workshop's tool: it is there in a checkout, and it speaks to the product as any client does. */
async function fillDemo(config: Config, ready: Ready): Promise<readonly DemoTenant[]> {
  const file = join(config.appFolder, 'dev/demo.ts')
  if (!existsSync(file)) return []
  const demo: unknown = await import(pathToFileURL(file).href)
  const runDemo = typeof demo === 'object' && demo !== null && 'runDemo' in demo ? demo.runDemo : null
  if (typeof runDemo !== 'function') throw new Error('dev/demo.ts exports no runDemo')
  return runDemo(ready)
}

/** A mirrored program brings its own Node; else the one that runs us. */
function nodeFor(appFolder: string, projectFolder: string): string {
  if (appFolder === projectFolder && process.execPath.startsWith(projectFolder)) return process.execPath
  const own = join(appFolder, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin/node')
  return existsSync(own) ? own : process.execPath
}
