import assert from 'node:assert/strict'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { before, describe, it } from 'node:test'
import { buildConfig, keeperSocket } from '#core/config.ts'
import { KeeperRefusal, openKeeperClient } from '#core/keys/keeper-client.ts'
import { connectAsRole } from '../as-role.ts'
import { type Installation, processesOfRole, theInstallation } from '../installation.ts'

const ROLES = ['web', 'worker', 'keeper', 'cell', 'backup'] as const
type Role = (typeof ROLES)[number]

/** Files below the home, the run folder or anywhere that is no program, which a process may hold open. Everything else fails. */
const FILES: Readonly<Record<Role, RegExp>> = {
  web: /^HOME\/logs\/web\.log$|^HOME\/regions\/\w+\/blobs\/|^HOME\/cache\/web\//,
  worker: /^HOME\/logs\/worker\.log$|^HOME\/regions\/\w+\/blobs\/|^HOME\/cache\/worker\/|^RUN\/work\//,
  keeper: /^HOME\/logs\/keeper\.log$|^HOME\/keeper\/|^HOME\/cache\/keeper\//,
  cell: /^HOME\/logs\/cell\.log$|^HOME\/cache\/cell\//,
  backup: /^HOME\/logs\/backup\.log$|^HOME\/cache\/backup\//,
}
/** Programs that are read when first needed: Node loads modules, fonts and WASM from here. */
const PROGRAM = /\/(node_modules|src|protocol|dist|web)\//
const KERNEL = /^(pipe|socket|anon_inode):|^\/dev\/(null|urandom)$|^\/proc\//

/** Unix sockets that a process has bound, and nobody else. */
const BOUND: Readonly<Record<Role, readonly string[]>> = {
  web: [],
  worker: [],
  keeper: ['web', 'worker', 'cell', 'backup', 'up'].map((caller) => `RUN/keeper/${caller}/keeper.sock`),
  cell: ['worker', 'web', 'up'].map((caller) => `RUN/cell/${caller}/cell.sock`),
  backup: [],
}

const ENVIRONMENT =
  /^(LANG|PATH|TZ|TMPDIR|NODE_EXTRA_CA_CERTS|SOFTHSM2_CONF|NODE_CHANNEL_(FD|SERIALIZATION_MODE)|PANOPLY_(ROOT_KEY|RUN|ALLOW_LOOPBACK|POSTGRES_BIN|HOME|LISTEN|HOST_NAME|LOG_LEVEL|SMTP_URL|MAIL_FROM|ROOT_KEY_PASSPHRASE_FILE|ROOT_KEY_TOKEN))$/

/** Whose password the keeper tells on which socket. */
const LOGINS: Readonly<Record<'web' | 'worker' | 'cell' | 'backup' | 'up', readonly string[]>> = {
  web: ['router', 'TENANT', 'TENANT_people'],
  worker: ['router', 'TENANT', 'TENANT_people'],
  cell: ['migrator', 'sealer', 'dispatcher', 'registrar'],
  backup: ['replicator'],
  up: [],
}
const EVERY_LOGIN = [
  ...['migrator', 'sealer', 'dispatcher', 'router', 'registrar', 'replicator', 'mover', 'postgres', 'tenant'],
  ...['TENANT', 'TENANT_people'],
]

describe('what the living processes hold open', () => {
  let house: Installation
  before(async () => {
    house = await theInstallation()
  })

  function pidOf(role: Role): number {
    const [found] = processesOfRole(house, role)
    assert.ok(found, `no process of ${role}`)
    return found.pid
  }
  const placed = (path: string): string => path.replace(house.home, 'HOME').replace(house.runFolder, 'RUN')

  for (const role of ROLES) {
    it(`${role} holds open its own files alone`, () => {
      const open = targetsOf(pidOf(role)).map(placed)
      assert.ok(open.length > 5)
      const odd = open.filter((path) => !KERNEL.test(path) && !FILES[role].test(path) && !PROGRAM.test(path))
      assert.deepEqual(odd, [])
    })

    it(`${role} has bound its own sockets alone`, () => {
      const inodes = new Set(
        targetsOf(pidOf(role)).flatMap((path) => /^socket:\[(\d+)\]$/.exec(path)?.[1] ?? []),
      )
      const bound = boundSockets()
        .filter(({ inode }) => inodes.has(inode))
        .map(({ path }) => placed(path))
      assert.deepEqual([...new Set(bound)].sort(), [...BOUND[role]].sort())
    })

    it(`${role} was given no more environment than it needs`, () => {
      const text = readFileSync(`/proc/${pidOf(role)}/environ`, 'utf8')
      const names = text
        .split('\0')
        .filter((entry) => entry !== '')
        .map((entry) => entry.split('=')[0] ?? '')
      assert.ok(names.includes('PATH'))
      assert.deepEqual(
        names.filter((name) => !ENVIRONMENT.test(name)),
        [],
      )
    })
  }

  it('is told the password of its own logins alone', async () => {
    const config = buildConfig({ role: 'web', home: house.home })
    const [tenant] = house.tenants
    for (const [caller, own] of Object.entries(LOGINS)) {
      const keeper = openKeeperClient({ socket: keeperSocket(config, caller as 'web') })
      try {
        for (const login of EVERY_LOGIN) {
          const asked = keeper
            .ask('login', { region: 'eu', role: login.replace('TENANT', `t_${tenant.rid}`) })
            .then(
              () => 'told',
              (error: unknown) => {
                assert.ok(error instanceof KeeperRefusal, String(error))
                return 'refused'
              },
            )
          assert.equal(await asked, own.includes(login) ? 'told' : 'refused', `${login} for ${caller}`)
        }
      } finally {
        keeper.close()
      }
    }
  })

  it('is connected to the databases as the logins of the table, and never as a superuser', async () => {
    const client = await connectAsRole(house, 'eu', 'sealer')
    // What kind of backend it is PostgreSQL tells of one's own alone; one that works for nobody is in no database.
    const { rows } = await client.query<{ usename: string; rolsuper: boolean }>(
      `select distinct a.usename, r.rolsuper from pg_stat_activity a join pg_roles r on r.rolname = a.usename
       where a.datname is not null`,
    )
    await client.end()
    assert.ok(rows.length > 3)
    const odd = rows.filter(
      ({ usename, rolsuper }) =>
        rolsuper ||
        !/^(migrator|sealer|dispatcher|router|registrar|replicator|t_[a-z2-7]{13}(_people)?)$/.test(usename),
    )
    assert.deepEqual(odd, [])
  })
})

/** What the file descriptors of a process lead to. */
function targetsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)]
    } catch (error) {
      // Closed while we looked.
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
      throw error
    }
  })
}

/** Listening unix sockets with a path. */
function boundSockets(): { inode: string; path: string }[] {
  return readFileSync('/proc/net/unix', 'utf8')
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, , , , , , inode = '', path] = line.trim().split(/\s+/)
      return path ? [{ inode, path }] : []
    })
}
