import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Finding } from '#core/evidence/evidence.ts'
import { PROBE_LAYERS } from '#core/evidence/isolation-log.ts'
import { confirmRecoveryKit } from '#core/keys/recovery-kit.ts'
import { plantTree } from '#test/plant-tree.ts'
import { openProbeHouse, type ProbeHouse } from '#test/probe-house.ts'
import { cellProbes } from './cell-probes.ts'

/** What the probe says now. */
async function look(
  world: ProbeHouse,
  name: string,
  config: Partial<ProbeHouse['ground']['config']> = {},
  proc?: string,
): Promise<Finding> {
  const probe = cellProbes[name]
  assert.ok(probe, name)
  return probe({ ...world.ground, ...(proc ? { proc } : {}), config: { ...world.ground.config, ...config } })
}

describe('the catalogs under the probes of the cell', () => {
  let world: ProbeHouse
  before(async () => {
    world = await openProbeHouse()
  })
  after(() => world?.stop())

  /** Holds, is broken by one statement and says what, holds again. */
  async function breaks(
    name: string,
    statement: string,
    repair: string,
    says: RegExp,
    proc?: string,
  ): Promise<void> {
    const sound = await look(world, name, {}, proc)
    assert.equal(sound.outcome, 'pass', sound.faults.join('\n'))
    assert.ok(Object.values(sound.looked).some((count) => count > 0))
    await world.run(statement)
    try {
      const broken = await look(world, name, {}, proc)
      assert.equal(broken.outcome, 'fail')
      assert.match(broken.faults.join('\n'), says)
    } finally {
      await world.run(repair)
    }
    assert.equal((await look(world, name, {}, proc)).outcome, 'pass')
  }
  const t = () => `t_${world.tenant}`

  it('authorship: PX-12 fails when a table of records lacks who changed it last', () =>
    breaks(
      'authorship',
      `alter table ${t()}.snip rename column updated_by to somebody`,
      `alter table ${t()}.snip rename column somebody to updated_by`,
      /snip has no updated_by/,
    ))

  it('erasures: P9-24 fails when the keeper still holds what a certificate says it forgot', () =>
    breaks(
      'erasures',
      `insert into cell.destruction_batch (number, epoch, forgets, sequence, began_at, forgotten_at) values (1, 2, '{1}', 1, now(), now())`,
      'delete from cell.destruction_batch',
      /holds epoch 1, which it was to have forgotten/,
    ))

  it('erasures fails when a destroyed key is still there, or its certificate is late', async () => {
    const note = (at: string) =>
      `insert into cell.destruction (id, tenant, kind, subject, keys, awaits_index, destroyed_at)
       select gen_random_uuid(), '${world.tenant}', 'document', gen_random_uuid(), array_agg(id), true, ${at} from ${t()}.key where purpose = 'field'`
    await breaks('erasures', note('now()'), 'delete from cell.destruction', /is still there/)
    await breaks(
      'erasures',
      note(`now() - interval '2 hours'`),
      'delete from cell.destruction',
      /has no certificate after an hour/,
    )
  })

  it('erasures fails when an organisation lies under an epoch that the keeper has not', () =>
    breaks(
      'erasures',
      `update ${t()}.key_epoch set wrapped = set_byte(wrapped, 4, 9)`,
      `update ${t()}.key_epoch set wrapped = set_byte(wrapped, 4, 1)`,
      /lies under epoch 9/,
    ))

  it('authorship: PX-12 fails when an address may be left out', () =>
    breaks(
      'authorship',
      `alter table ${t()}.document alter column origin drop not null`,
      `alter table ${t()}.document alter column origin set not null`,
      /document lets origin be empty/,
    ))

  it('canaries: PX-13 fails when an attempt of one canary on the other got through', async () => {
    const note = (hits: number) =>
      `select cell.note_probe('sql', 10, ${hits}, 0, now(), 'select * from snip')`
    await world.run('delete from cell.probe')
    assert.equal((await look(world, 'canaries')).outcome, 'unknown')
    await world.run(note(0))
    assert.match(
      String((await look(world, 'canaries')).faults),
      /could be judged: api, blobs, search, jobs, keys/,
    )
    for (const layer of PROBE_LAYERS) await world.run(note(0).replace("'sql'", `'${layer}'`))
    await breaks('canaries', note(1), 'update cell.probe set last_hit_at = null', /sql: 1 hits, .*from snip/)
    await world.run(`update cell.probe set last_at = now() - interval '2 hours'`)
    assert.match(String((await look(world, 'canaries')).faults), /not tried for an hour/)
  })

  it('tenant-walls: PX-14 fails when one login may enter another’s schema', async () => {
    await world.house.aResident()
    const [other] = await world.ground.ask<{ tenant: string }>(
      `select tenant from cell.tenant where state = 'active' and tenant <> $1`,
      [world.tenant],
    )
    assert.ok(other)
    await breaks(
      'tenant-walls',
      `grant usage on schema ${t()} to t_${other.tenant}`,
      `revoke usage on schema ${t()} from t_${other.tenant}`,
      new RegExp(`t_${other.tenant} may enter ${t()}`),
    )
  })

  it('tenant-walls: PX-14 fails when an organisation has lost a login', () =>
    breaks(
      'tenant-walls',
      `alter role ${t()}_people nologin`,
      `alter role ${t()}_people login`,
      /has 1 logins/,
    ))

  it('least-privilege: PD-10 fails when a system login reads a table of a tenant', async () => {
    const sound = await look(world, 'least-privilege')
    assert.equal(sound.outcome, 'absent', sound.faults.join('\n'))
    await world.run(`grant select on ${t()}.document to dispatcher`)
    const broken = await look(world, 'least-privilege')
    await world.run(`revoke select on ${t()}.document from dispatcher`)
    assert.equal(broken.outcome, 'fail')
    assert.match(broken.faults.join('\n'), /dispatcher .*document/)
  })

  it('least-privilege: PD-10 fails when a tenant may change its log', async () => {
    await world.run(`grant update on ${t()}.audit to ${t()}`)
    const broken = await look(world, 'least-privilege')
    await world.run(`revoke update on ${t()}.audit from ${t()}`)
    assert.match(broken.faults.join('\n'), /may do more with its log/)
  })

  it('process-walls: PX-18 fails when the web’s login may read a table', async () => {
    await world.run(`grant select on ${t()}.snip to router`)
    const broken = await look(world, 'process-walls')
    await world.run(`revoke select on ${t()}.snip from router`)
    assert.equal(broken.outcome, 'fail')
    assert.match(broken.faults.join('\n'), /the web's login may SELECT .*snip/)
  })

  it('separate-stores: PD-02 fails when the login for activity reaches the people store', () =>
    breaks(
      'separate-stores',
      `grant select on ${t()}_people.person to ${t()}`,
      `revoke select on ${t()}_people.person from ${t()}`,
      /reaches the people store/,
    ))

  it('column-classes: P9-19 fails when a column without a class appears', () =>
    breaks(
      'column-classes',
      `alter table ${t()}.document add column remark text`,
      `alter table ${t()}.document drop column remark`,
      /document\.remark has no class/,
    ))

  it('sealed-columns: PD-03 fails when somebody’s words lie in a sealed column', async () => {
    const rows = await world.ground.ask<{ card: Buffer }>(`select card from ${t()}.organisation`)
    const words = Buffer.from('{"name":"The minutes of the meeting of the ninth of May"}')
    await world.run(`update ${t()}.organisation set card = $1`, [words])
    const broken = await look(world, 'sealed-columns')
    await world.run(`update ${t()}.organisation set card = $1`, [rows[0]?.card])
    assert.equal(broken.outcome, 'fail')
    assert.match(broken.faults.join('\n'), /organisation\.card holds a run/)
    assert.doesNotMatch(JSON.stringify(broken), /minutes/, 'a finding never quotes what it found')
    assert.equal((await look(world, 'sealed-columns')).outcome, 'pass')
  })

  it('password-place: PX-11 fails when a password lies where it is not sealed', async () => {
    assert.equal((await look(world, 'password-place')).outcome, 'pass')
    for (const column of ['password', 'former_passwords']) {
      const set = (value: unknown) => world.run(`update ${t()}_people.person set ${column} = $1`, [value])
      const [kept] = await world.ground.ask<{ it: Buffer }>(
        `select ${column} as it from ${t()}_people.person`,
      )
      await set(Buffer.from('"$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA"'))
      const broken = await look(world, 'password-place')
      await set(kept?.it)
      assert.match(broken.faults.join('\n'), /a password that is not sealed/, column)
      assert.doesNotMatch(JSON.stringify(broken), /argon2/)
    }
  })

  it('password-place: PX-11 fails when a system login may read passwords', () =>
    breaks(
      'password-place',
      `grant usage on schema ${t()}_people to sealer; grant select (password) on ${t()}_people.person to sealer`,
      `revoke all on ${t()}_people.person from sealer; revoke usage on schema ${t()}_people from sealer`,
      /sealer reads/,
    ))

  it('region-pinning: PD-04 fails when an organisation lies in a region that is not its home', async () => {
    assert.equal((await look(world, 'region-pinning')).outcome, 'pass')
    await world.run(`insert into cell.tenant (tenant, state) values ('aaaaaaaaaaaaa', 'active')`)
    const broken = await look(world, 'region-pinning')
    await world.run(`delete from cell.tenant where tenant = 'aaaaaaaaaaaaa'`)
    assert.match(broken.faults.join('\n'), /aaaaaaaaaaaaa lies here and the directory does not say so/)
  })

  it('tiers: PD-17 fails when a login of the middle tier owns a table', async () => {
    using tree = plantProc(world.ground.config.home, [LISTENS])
    await breaks(
      'tiers',
      `grant create on schema ${t()} to ${t()}; grant ${t()} to migrator; set role ${t()}; create table ${t()}.own (id int); reset role; revoke create on schema ${t()} from ${t()}`,
      `set role ${t()}; drop table ${t()}.own; reset role; revoke ${t()} from migrator`,
      /a login of the middle tier, owns/,
      tree.root,
    )
  })

  it('tiers, least-privilege: what nobody could look at is not told', async () => {
    using nothing = plantTree({ 'net/tcp': '' })
    assert.equal((await look(world, 'tiers', {}, nothing.root)).outcome, 'unknown')
    const asUsers = await look(world, 'least-privilege', { hasSystemUsers: true }, nothing.root)
    assert.equal(asUsers.outcome, 'unknown')
  })

  it('copies: P9-22 fails when something would carry the database elsewhere', () =>
    breaks(
      'copies',
      `create publication elsewhere`,
      `drop publication elsewhere`,
      /a publication: elsewhere/,
    ))

  it('job-payloads: P9-23 fails when an organisation never said what may be stored', () =>
    breaks(
      'job-payloads',
      `update ${t()}.organisation set storage = storage - 'fleet'`,
      `update ${t()}.organisation set storage = storage || '{"fleet": false}'`,
      /neither accepted nor declined storage for fleet/,
    ))
})

/** A machine on which the web process listens on 8443 and holds one connection to `remote` (hex as in /proc/net/tcp). */
function plantProc(
  home: string,
  sockets: readonly { local: string; remote: string; state: '0A' | '01' }[],
  role = 'web',
) {
  const lines = sockets.map(
    ({ local, remote, state }, i) =>
      `  ${i}: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000  0 0 ${900 + i} 1`,
  )
  const tree = plantTree({
    'net/tcp': `  sl  local_address rem_address   st\n${lines.join('\n')}\n`,
    'net/tcp6': '  sl  local_address rem_address   st\n',
    '41/cmdline': ['node', '/app/src/main.ts', role, '--home', home, ''].join('\0'),
    '41/status': 'Name:\tnode\nPPid:\t1\nUid:\t7 7 7 7\nGid:\t7 7 7 7\nGroups:\t\nCapPrm:\t0000\n',
  })
  mkdirSync(join(tree.root, '41/fd'))
  for (const i of sockets.keys()) symlinkSync(`socket:[${900 + i}]`, join(tree.root, '41/fd', String(i)))
  return tree
}
const LISTENS = { local: '0100007F:20FB', remote: '00000000:0000', state: '0A' } as const

describe('what /proc and settings show', () => {
  let world: ProbeHouse
  before(async () => {
    world = await openProbeHouse()
  })
  after(() => world?.stop())

  async function lookOn(
    name: string,
    sockets: Parameters<typeof plantProc>[1],
    role = 'web',
    config = {},
  ): Promise<Finding> {
    using tree = plantProc(world.ground.config.home, sockets, role)
    const probe = cellProbes[name]
    assert.ok(probe)
    return await probe({ ...world.ground, proc: tree.root, config: { ...world.ground.config, ...config } })
  }

  it('recovery-kit: P9-31 fails to be set up for as long as nobody says that the kit is kept', async () => {
    const missing = await look(world, 'recovery-kit')
    assert.equal(missing.outcome, 'absent')
    mkdirSync(world.ground.config.home, { recursive: true })
    confirmRecoveryKit(world.ground.config.home, {
      code: '0123-4567-89ab',
      confirmedAt: '2026-11-27T00:00:00Z',
    })
    const kept = await look(world, 'recovery-kit')
    assert.equal(kept.outcome, 'unknown', 'a kept kit shows no recovery')
  })

  it('egress: PX-26 fails when a process has a connection that is on no list', async () => {
    const inside = { local: '0100007F:A001', remote: '0100007F:1538', state: '01' } as const
    assert.equal((await lookOn('egress', [LISTENS, inside])).outcome, 'pass')
    const outside = { local: '0200000A:A002', remote: '0A7100CB:01BB', state: '01' } as const
    const broken = await lookOn('egress', [LISTENS, outside])
    assert.match(broken.faults.join('\n'), /web has a connection to 203\.0\.113\.10 port 443/)
    const mail = { local: '0200000A:A003', remote: '0A7100CB:01D1', state: '01' } as const
    const underMail = async (smtpUrl: string | null) =>
      (await lookOn('egress', [LISTENS, mail], 'web', { smtpUrl })).outcome
    assert.equal(await underMail('smtps://203.0.113.10'), 'pass')
    for (const other of ['smtps://203.0.113.11', 'smtp://203.0.113.10', 'smtps://localhost', null])
      assert.equal(await underMail(other), 'fail', `${other}`)
  })

  it('egress: PX-26 fails when the worker calls an address by another way than the one door', async () => {
    const called = { local: '0200000A:A004', remote: '0A7100CB:01BB', state: '01' } as const
    const note = (kind: string, role = 'worker', port = 0xa004) =>
      world.run(
        `insert into cell.outbound_call (id, kind, role, local_port, remote_port) values (gen_random_uuid(), $1, $2, $3, 443)`,
        [kind, role, port],
      )
    const forget = () => world.run('delete from cell.outbound_call')
    assert.equal((await lookOn('egress', [LISTENS, called], 'worker')).outcome, 'fail')
    await note('webhook', 'worker', 0xa005)
    await note('webhook', 'web')
    await note('telemetry')
    const broken = await lookOn('egress', [LISTENS, called], 'worker')
    assert.match(broken.faults.join('\n'), /worker has a connection to 203\.0\.113\.10 port 443/)
    await note('webhook')
    const listed = await lookOn('egress', [LISTENS, called], 'worker')
    await forget()
    assert.equal(listed.outcome, 'pass', listed.faults.join())
    assert.equal(listed.looked.webhookCalls, 3)
  })

  it('egress: PX-26 fails when outbound calls may reach this machine', async () => {
    const broken = await lookOn('egress', [LISTENS], 'web', { allowsLoopback: true })
    assert.equal(broken.outcome, 'fail')
    assert.match(broken.faults.join('\n'), /PANOPLY_ALLOW_LOOPBACK/)
  })

  it('transit: PX-25 fails when a port listens that speaks no TLS, or mail travels in clear', async () => {
    assert.equal((await lookOn('transit', [LISTENS])).outcome, 'pass')
    const odd = await lookOn('transit', [LISTENS, { ...LISTENS, local: '00000000:1F90' }])
    assert.match(odd.faults.join('\n'), /web listens on port 8080/)
    const mail = await lookOn('transit', [LISTENS], 'web', { smtpUrl: 'smtp://mail.example:25' })
    assert.match(mail.faults.join('\n'), /smtp:\/\/ and not by smtps/)
  })

  it('tiers: PD-17 fails when another process than the web can be reached by TCP', async () => {
    assert.equal((await lookOn('tiers', [LISTENS])).outcome, 'pass')
    const broken = await lookOn('tiers', [LISTENS], 'worker')
    assert.match(broken.faults.join('\n'), /worker can be reached by TCP/)
  })

  it('process-walls: PX-18 fails when the keeper’s folder is open', async () => {
    const { config } = world.ground
    mkdirSync(config.keeperFolder, { recursive: true, mode: 0o700 })
    chmodSync(config.keeperFolder, 0o755)
    const broken = await lookOn('process-walls', [LISTENS])
    chmodSync(config.keeperFolder, 0o700)
    assert.match(broken.faults.join('\n'), /keeper is open to every user/)
  })

  it('process-walls: PX-18 is not set up where the five share a user, and says so', async () => {
    const roles = ['web', 'worker', 'keeper', 'cell', 'backup']
    using tree = plantTree(
      Object.fromEntries(
        roles.flatMap((role, i) => [
          [
            `${50 + i}/cmdline`,
            ['node', '/app/src/main.ts', role, '--home', world.ground.config.home].join('\0'),
          ],
          [`${50 + i}/status`, 'PPid:\t1\nUid:\t1000 1000\nGid:\t1000 1000\nCapPrm:\t0\n'],
        ]),
      ),
    )
    const probe = cellProbes['process-walls']
    const found = await probe?.({ ...world.ground, proc: tree.root })
    assert.equal(found?.outcome, 'absent', found?.faults.join())
    assert.match(String(found?.faults), /share one system user/)
    const asRoot = await probe?.({
      ...world.ground,
      proc: tree.root,
      config: { ...world.ground.config, hasSystemUsers: true },
    })
    assert.equal(asRoot?.outcome, 'fail')
    assert.match(String(asRoot?.faults), /5 processes run under 1 users/)
  })
})
