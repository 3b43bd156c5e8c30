/**
 * Owns a throw-away PostgreSQL for tests and benches: a fresh cluster in a temporary folder, on a unix socket only.
 * The server always ends with this process (a pipe to its watching shell closes, by exit, crash or SIGKILL), and
 * its folder goes with it.
 */
import { execFileSync, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packagedServer } from '#up/clusters.ts'

const CLUSTERS = join(import.meta.dirname, '../node_modules/.cache/empty-clusters')

/** A running throw-away cluster. `stop` ends the server at once and removes its folder; calling it twice is fine. */
export interface OwnCluster {
  readonly socketDir: string
  readonly port: number
  readonly superuser: 'postgres'
  readonly superuserPassword: string
  /** Starts another server on a copy of everything this one has on the disk, its log included. */
  copy(): Promise<OwnCluster>
  stop(): Promise<void>
}

/**
 * `settings` are postgresql.conf values over the fast defaults (fsync off); `bin` is another server's bin folder. Without it
 * PANOPLY_POSTGRES_BIN decides, as it does for `up`, and without that the packaged server runs.
 */
export interface OwnClusterOptions {
  readonly settings?: Readonly<Record<string, string>>
  readonly bin?: string
}

/** Starts an empty cluster (user `postgres`, SCRAM, UTF8, C.UTF-8). Takes about 0.3 s. */
export async function startCluster(options: OwnClusterOptions = {}): Promise<OwnCluster> {
  const bin = options.bin ?? serverBin()
  const owner = process.getuid?.() === 0 ? unprivilegedUser() : undefined
  const kept = emptyCluster(bin, owner)
  const dir = mkdtempSync(join(tmpdir(), 'panoply-pg-'))
  copyData(join(kept, 'data'), dir, owner)
  return runServer({ bin, dir, owner, superuserPassword: readFileSync(join(kept, 'pw'), 'utf8'), options })
}

/**
 * The folder of an empty cluster that no server ever ran on: `data`, and the superuser's password in `pw`. It is made once for each server
 * program and kept, because making one costs a second of the processor and copying it a tenth.
 */
function emptyCluster(bin: string, owner: { uid: number; gid: number } | undefined): string {
  const program = statSync(join(bin, 'postgres'))
  const name = createHash('sha256')
    .update(`${bin} ${program.size} ${program.mtimeMs}`)
    .digest('hex')
    .slice(0, 16)
  const kept = join(CLUSTERS, name)
  if (existsSync(kept)) return kept
  const dir = mkdtempSync(join(tmpdir(), 'panoply-pg-'))
  try {
    const pwfile = join(dir, 'pw')
    writeFileSync(pwfile, randomBytes(24).toString('base64url'), { mode: 0o600 })
    if (owner) for (const path of [dir, pwfile]) chownSync(path, owner.uid, owner.gid)
    execFileSync(
      join(bin, 'initdb'),
      [
        '-D',
        join(dir, 'data'),
        '-U',
        'postgres',
        '-A',
        'scram-sha-256',
        '--pwfile',
        pwfile,
        '-E',
        'UTF8',
      ].concat(['--locale=C.UTF-8', '--no-sync', '--no-instructions']),
      { ...environmentOf(dir, owner), stdio: ['ignore', 'ignore', 'pipe'] },
    )
    mkdirSync(CLUSTERS, { recursive: true })
    const made = mkdtempSync(join(CLUSTERS, 'new-'))
    execFileSync('cp', ['-a', `${dir}/.`, made])
    try {
      renameSync(made, kept)
    } catch (error) {
      // Another process was first.
      if (!existsSync(kept)) throw error
      rmSync(made, { recursive: true })
    }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
  return kept
}

function copyData(data: string, dir: string, owner: { uid: number; gid: number } | undefined): void {
  // The program, because Node's own takes ten times as long over so many small files.
  execFileSync('cp', ['-a', data, join(dir, 'data')])
  rmSync(join(dir, 'data/postmaster.pid'), { force: true })
  if (owner) execFileSync('chown', ['-R', `${owner.uid}:${owner.gid}`, dir])
  chmodSync(join(dir, 'data'), 0o700)
}

interface ServerPlace {
  readonly bin: string
  /** Holds `data`, and the socket. */
  readonly dir: string
  readonly owner: { uid: number; gid: number } | undefined
  readonly superuserPassword: string
  readonly options: OwnClusterOptions
}

async function runServer({ bin, dir, owner, superuserPassword, options }: ServerPlace): Promise<OwnCluster> {
  const data = join(dir, 'data')
  const asOwner = environmentOf(dir, owner)
  const settings = {
    listen_addresses: '',
    unix_socket_directories: dir,
    max_connections: '300',
    fsync: 'off',
    full_page_writes: 'off',
    shared_buffers: '64MB',
    autovacuum: 'off',
    ...options.settings,
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  // The shell outlives us by a blink: when our end of its stdin closes, it stops the server and sweeps the folder.
  const watch = '"$@" & p=$!; cat >/dev/null; kill -INT $p 2>/dev/null; wait $p; cd /; rm -rf "$DIR"'
  const child = spawn('/bin/sh', ['-c', watch, 'sh', join(bin, 'postgres'), '-D', data, ...flags], {
    ...asOwner,
    env: { ...asOwner.env, DIR: dir },
    stdio: ['pipe', 'ignore', 'pipe'],
    detached: true,
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  let log = ''
  let started = false
  await new Promise<void>((resolve, reject) => {
    const failed = () => reject(new Error(`the test cluster did not start:\n${log}`))
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (started) return
      log = (log + text).slice(-4000)
      started = log.includes('ready to accept connections')
      if (started) resolve()
      else if (log.includes('FATAL')) {
        child.stdin.end()
        failed()
      }
    })
    child.once('exit', failed)
    child.once('error', failed)
  })
  // A test that forgets to stop must still be able to end; the pipe then stops the server.
  child.unref()
  for (const pipe of [child.stdin, child.stderr]) if ('unref' in pipe) (pipe as { unref(): void }).unref()
  return {
    socketDir: dir,
    port: 5432,
    superuser: 'postgres',
    superuserPassword,
    copy: () => copyCluster({ bin, dir, owner, superuserPassword, options }),
    async stop() {
      child.ref()
      child.stdin.end()
      await ended
    },
  }
}

/**
 * A second server on what this one has on the disk now, with every byte of its log: what a power cut would leave. Nobody may be writing.
 */
async function copyCluster(place: ServerPlace): Promise<OwnCluster> {
  const copied = mkdtempSync(join(tmpdir(), 'panoply-pg-'))
  copyData(join(place.dir, 'data'), copied, place.owner)
  return runServer({ ...place, dir: copied })
}

function environmentOf(dir: string, owner: ServerPlace['owner']) {
  return { cwd: dir, env: { PATH: process.env.PATH ?? '', LC_ALL: 'C.UTF-8', TZ: 'UTC' }, ...owner }
}

/** Folder with initdb and postgres of the server under test: the packaged one, or the one of PANOPLY_POSTGRES_BIN. */
export function serverBin(): string {
  return process.env.PANOPLY_POSTGRES_BIN ?? packagedServer(join(import.meta.dirname, '..'))
}

/** What an installation under test must be told to run on the same server. */
export function serverEnvironment(): Record<string, string> {
  const bin = process.env.PANOPLY_POSTGRES_BIN
  return bin === undefined ? {} : { PANOPLY_POSTGRES_BIN: bin }
}

/** PostgreSQL refuses to run as root: borrow the first of these system users that exists. */
function unprivilegedUser(): { uid: number; gid: number } {
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n')
  for (const name of ['postgres', 'nobody']) {
    const fields = lines.find((line) => line.startsWith(`${name}:`))?.split(':')
    if (fields) return { uid: Number(fields[2]), gid: Number(fields[3]) }
  }
  throw new Error(
    'running as root and there is neither a postgres nor a nobody user to run the test cluster as',
  )
}
