import assert from 'node:assert/strict'
import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { buildConfig } from '#core/config.ts'
import { type Installation, processesOf, processesOfRole, theInstallation } from '../installation.ts'

const ROLES = ['web', 'worker', 'keeper', 'cell', 'backup'] as const
const isRoot = process.getuid?.() === 0
const asRoot = { skip: isRoot ? false : 'needs root, for every process has a user of its own then' }

describe('the living processes', () => {
  let house: Installation
  before(async () => {
    house = await theInstallation()
  })

  const uidOf = (pid: number): number =>
    Number(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])

  function pidOf(role: string): number {
    const [found] = processesOfRole(house, role)
    assert.ok(found, `no process of ${role}`)
    return found.pid
  }

  it('are one of each role', () => {
    for (const role of ROLES) assert.equal(processesOfRole(house, role).length, 1, role)
  })

  it('have a user of their own each, and none is root', asRoot, () => {
    const uids = new Map(ROLES.map((role) => [role, uidOf(pidOf(role))]))
    const [database] = processesOf(house.pid).filter(({ command }) => /(^|\/)postgres( |:|$)/.test(command))
    assert.ok(database)
    const all = [...uids.values(), uidOf(database.pid)]
    assert.equal(new Set(all).size, all.length, JSON.stringify([...uids]))
    assert.ok(!all.includes(0))
  })

  it('hold no capability and can gain none', asRoot, () => {
    for (const role of ROLES) {
      const status = readFileSync(`/proc/${pidOf(role)}/status`, 'utf8')
      for (const set of ['CapPrm', 'CapEff', 'CapAmb'])
        assert.match(status, new RegExp(`^${set}:\\s+0+$`, 'm'), `${role} ${set}`)
    }
  })

  it('listen on loopback alone, and only the web listens at all', () => {
    const listening = listeners()
    for (const { pid, command } of processesOf(house.pid)) {
      for (const socket of socketsOf(pid)) {
        const address = listening.get(socket)
        if (address === undefined) continue
        assert.match(command, /main\.ts web/, `${command} listens on ${address}`)
        assert.match(address, /^(127\.0\.0\.1|::1):/, `${command} listens on ${address}`)
      }
    }
  })

  it('carry no secret on their command line or in their environment', () => {
    for (const { pid, command } of processesOf(house.pid)) {
      const text = `${command} ${readFileSync(`/proc/${pid}/environ`, 'utf8')}`
      assert.doesNotMatch(text, /password|secret|PGPASS|PRIVATE/i, command)
    }
  })

  it('do not let web, worker, cell or backup read the root key or the keeper’s state', asRoot, () => {
    const config = buildConfig({ role: 'web', home: house.home })
    const closed = [
      config.rootKeyFile,
      ...readdirSync(config.keeperFolder).map((name) => join(config.keeperFolder, name)),
    ]
    assert.ok(closed.length >= 2)
    for (const path of closed) {
      for (const role of ['web', 'worker', 'cell', 'backup'] as const) {
        const pid = pidOf(role)
        const tried = tryAs(pid, 'head', '-c', '1', path)
        assert.notEqual(tried.status, 0, `${role} reads ${path}`)
      }
    }
    assert.equal(statSync(config.rootKeyFile).mode & 0o077, 0)
  })

  it('do not let cell, keeper or backup read blobs, nor anybody but the database its files', asRoot, () => {
    const config = buildConfig({ role: 'web', home: house.home })
    for (const region of config.regions) {
      for (const role of ['cell', 'keeper', 'backup'] as const) {
        const pid = pidOf(role)
        assert.notEqual(tryAs(pid, 'ls', region.blobRoot).status, 0, `${role} lists ${region.blobRoot}`)
      }
      for (const role of ROLES) {
        const pid = pidOf(role)
        const folder = region.cells[0].clusterFolder ?? ''
        assert.notEqual(tryAs(pid, 'ls', folder).status, 0, `${role} lists ${folder}`)
      }
    }
  })

  it('may each ask the keeper by their own socket only', asRoot, () => {
    const folder = join(house.runFolder, 'keeper')
    for (const role of ['web', 'worker', 'cell', 'backup'] as const) {
      const pid = pidOf(role)
      for (const other of ['web', 'worker', 'cell', 'backup', 'up']) {
        const tried = tryAs(pid, 'ls', join(folder, other, 'keeper.sock'))
        assert.equal(tried.status === 0, other === role, `${role} and the socket of ${other}`)
      }
    }
  })

  it('leave the key of the certificate authority to nobody but who started them', asRoot, () => {
    const config = buildConfig({ role: 'web', home: house.home })
    for (const role of ROLES) {
      const pid = pidOf(role)
      assert.notEqual(tryAs(pid, 'head', '-c', '1', config.caKeyFile).status, 0, role)
    }
    for (const { name, certificateKeyFile } of config.regions) {
      for (const role of ['worker', 'keeper', 'cell', 'backup'] as const) {
        const pid = pidOf(role)
        assert.notEqual(tryAs(pid, 'head', '-c', '1', certificateKeyFile).status, 0, `${role} ${name}`)
      }
    }
  })
})

/** Runs a program as the user, group and groups that a living process has. */
function tryAs(pid: number, command: string, ...args: string[]): SpawnSyncReturns<string> {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const ids = (name: string): string[] =>
    new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(status)?.[1]?.trim().split(/\s+/) ?? []
  const groups = ids('Groups').filter((group) => group !== '')
  const who = [`--reuid=${ids('Uid')[0]}`, `--regid=${ids('Gid')[0]}`]
  who.push(groups.length > 0 ? `--groups=${groups.join(',')}` : '--clear-groups')
  return spawnSync('setpriv', [...who, command, ...args], { encoding: 'utf8' })
}

/** Listening TCP sockets by inode. */
function listeners(): Map<string, string> {
  const found = new Map<string, string>()
  for (const [file, isSix] of [
    ['/proc/net/tcp', false],
    ['/proc/net/tcp6', true],
  ] as const) {
    for (const line of readFileSync(file, 'utf8').trim().split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/)
      const [address, port] = (fields[1] ?? '').split(':')
      if (fields[3] === '0A')
        found.set(
          fields[9] ?? '',
          `${isSix ? six(address) : four(address)}:${Number.parseInt(port ?? '', 16)}`,
        )
    }
  }
  return found
}

function four(hex = ''): string {
  return (hex.match(/../g) ?? [])
    .reverse()
    .map((byte) => Number.parseInt(byte, 16))
    .join('.')
}

function six(hex = ''): string {
  if (/^0{24}01000000$/.test(hex)) return '::1'
  if (/^0{16}FFFF0{4}/i.test(hex) || /^0{20}/.test(hex))
    return hex.endsWith('0100007F') ? '127.0.0.1' : `::${hex.slice(24)}`
  return hex
}

function socketsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      const target = readlinkSync(`/proc/${pid}/fd/${fd}`)
      return /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []
    })
  } catch (error) {
    // It ended, or closed what we were looking at.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}
