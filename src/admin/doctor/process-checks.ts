// What runs: `up` and its processes, what an earlier run left behind, the ports, the system users.
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { findAccount } from '#core/become-user.ts'
import type { Config } from '#core/config.ts'
import { groupsOf, ownedRoles } from '#core/machine-traces.ts'
import { identityOf, isRunning, processesIn } from '#core/process-identity.ts'
import { due, type Finding, failed, ok, unknown } from './finding.ts'
import { asIdentity, type Ground, look, readJson, readText } from './ground.ts'

const ROLES = ['keeper', 'cell', 'web', 'worker', 'backup']
const ANSWER_MS = 5_000

/** Processes and ports, and the system users where root started it. */
export async function processChecks(ground: Ground): Promise<Finding[]> {
  const { config } = ground
  if (!config) return []
  return [
    checkRunning(ground),
    ...checkLeftovers(ground, config),
    ground.up ? await checkAnswers(config) : await checkPortsFree(config),
    ...(config.hasSystemUsers ? [checkUsers()] : []),
  ]
}

function checkRunning({ up, home }: Ground): Finding {
  if (!up) return ok('processes', 'Nothing runs on this home.')
  const children = childrenOf(home)
  if (children === null)
    return unknown('processes', {
      found: `up runs (process ${up.pid}); what it started cannot be read.`,
      means: 'Whether all five processes live cannot be told.',
      todo: 'Ask as root, or as the user who runs it.',
    })
  const missing = ROLES.filter((role) => !children.some(({ name, isAlive }) => name === role && isAlive))
  return missing.length === 0
    ? ok('processes', `up runs (process ${up.pid}) with ${children.length} processes.`)
    : failed('processes', {
        found: `up runs (process ${up.pid}), but not ${missing.join(', ')}.`,
        means: 'up starts what ends by itself again, with growing pauses; something keeps it from living.',
        todo: `Read the end of ${missing.map((role) => join(home, 'logs', `${role}.log`)).join(' and ')}.`,
      })
}

/** Who works on the home although no `up` holds it; and lock files of servers that are gone. */
function checkLeftovers({ up, home }: Ground, config: Config): Finding[] {
  if (up) return []
  const folders = config.regions.flatMap(({ cells }) =>
    cells.flatMap(({ clusterFolder }) => clusterFolder ?? []),
  )
  const servers = folders.flatMap((folder) => processesIn(folder).map(({ pid }) => pid))
  const listed = (childrenOf(home) ?? []).filter(({ isAlive }) => isAlive).map(({ pid }) => pid)
  const pids = [...new Set([...servers, ...listed, ...rolesOn(home)])].sort((a, b) => a - b)
  const stale = folders.filter((folder) => {
    const pid = Number(readText(join(folder, 'postmaster.pid'))?.split('\n')[0] ?? 0)
    return pid > 0 && !servers.includes(pid)
  })
  return [
    pids.length === 0
      ? ok('leftovers', 'No process of an earlier run works on this home.')
      : failed('leftovers', {
          found: `Processes work on this home although no up runs: ${pids.join(', ')}.`,
          means: 'An earlier run was killed, or is just stopping.',
          todo: 'Wait ten seconds and ask again. The next start ends what is left.',
        }),
    ...(stale.length === 0
      ? []
      : [
          due('lock files', {
            found: `${stale.map((folder) => join(folder, 'postmaster.pid')).join(', ')}: left by a server that is gone.`,
            means: 'The last run was killed. Nothing that was acknowledged is lost.',
            todo: 'Start it again: the lock is taken away and the log is replayed.',
          }),
        ]),
  ]
}

interface Child {
  readonly name: string
  readonly pid: number
  readonly isAlive: boolean
}

function childrenOf(home: string): Child[] | null {
  const file = join(home, 'up', 'children.json')
  const list = readJson(file)
  if (typeof list !== 'object' || list === null) return look(file) === 'ENOENT' ? [] : null
  return Object.entries(list).flatMap(([name, value]) => {
    const identity = asIdentity(value)
    return identity ? [{ name, pid: identity.pid, isAlive: isRunning(identity) }] : []
  })
}

/** Processes that were started as a role on this home, read from their command lines. */
function rolesOn(home: string): number[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      const words = (readText(`/proc/${name}/cmdline`) ?? '').split('\0')
      const main = words.findIndex((word) => word.endsWith('/src/main.ts'))
      return main > 0 && ROLES.includes(words[main + 1] ?? '') && words[words.indexOf('--home') + 1] === home
    })
    .map(Number)
    .filter((pid) => identityOf(pid) !== null)
}

async function checkAnswers(config: Config): Promise<Finding> {
  const ca = readText(config.caCertificateFile)
  const faults = (
    await Promise.all(
      config.regions.map(async ({ name, port, hostName }) => {
        const fault = await handshake(port, hostName, ca ?? undefined)
        return fault === null ? [] : [`port ${port} (${name}): ${fault}`]
      }),
    )
  ).flat()
  return faults.length === 0
    ? ok(
        'ports',
        `${config.regions.map(({ port }) => port).join(', ')} answer with certificates of this home.`,
      )
    : failed('ports', {
        found: `${faults.join('; ')}.`,
        means: 'Nobody gets in there.',
        todo: `Read the end of ${join(config.logFolder, 'web.log')}. After new certificates: stop and start again.`,
      })
}

/** Null when the port speaks TLS under the home's authority, else what is wrong. */
function handshake(port: number, servername: string, ca: string | undefined): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: 'localhost', servername, ...(ca === undefined ? {} : { ca }) })
    const end = (fault: string | null): void => {
      socket.destroy()
      resolve(fault)
    }
    socket.setTimeout(ANSWER_MS, () => end('does not answer'))
    socket.once('secureConnect', () => end(null))
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message))
  })
}

async function checkPortsFree(config: Config): Promise<Finding> {
  const wanted = [...config.regions.map(({ port }) => port), config.httpPort]
  const taken: string[] = []
  for (const port of wanted) {
    const code = await tryPort(port, config.listenHost === 'localhost' ? '127.0.0.1' : config.listenHost)
    if (code !== null) taken.push(`${port} (${code})`)
  }
  return taken.length === 0
    ? ok('ports', `${wanted.join(', ')} are free.`)
    : failed('ports', {
        found: `Not to be had: ${taken.join(', ')}.`,
        means: 'Another program listens there, or the port may not be used; it does not start.',
        todo: 'End the other program, or start with another --port.',
      })
}

function tryPort(port: number, host: string): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(null)))
  })
}

function checkUsers(): Finding {
  const groups = new Map(
    readFileSync('/etc/group', 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .map(([name = '', , , members = '']) => [name, members.split(',')]),
  )
  const faults = ownedRoles.flatMap((role) => {
    const name = `panoply-${role}`
    if (!findAccount(name)) return [`${name} is missing`]
    return groupsOf[role]
      .filter((group) => !groups.get(group)?.includes(name))
      .map((group) => `${name} is not in ${group}`)
  })
  return faults.length === 0
    ? ok('system users', `${ownedRoles.length} users, one a process and one for the databases.`)
    : failed('system users', {
        found: `${faults.join('; ')}.`,
        means: 'A process cannot become its own user, or cannot reach what it needs.',
        todo: 'Start it again as root: npm start makes users and groups.',
      })
}
