import assert from 'node:assert/strict'
import { chmodSync, statSync } from 'node:fs'
import { before, describe, it } from 'node:test'
import { readEvidence } from '#cell/evidence/keep-evidence.ts'
import { buildConfig } from '#core/config.ts'
import { connectAsRole } from '../as-role.ts'
import { until } from '../drained.ts'
import { type DemoTenant, type Installation, theInstallation } from '../installation.ts'
import { aMember, expectStatus } from '../people.ts'

interface Ran {
  readonly status: string
  readonly position: number
  readonly faults: readonly string[]
}

describe('the claims of a living installation', () => {
  let house: Installation
  let acme: DemoTenant
  before(async () => {
    house = await theInstallation()
    acme = house.tenants[0]
  })

  /** Runs one check now; within five seconds of the last run that one answers, so it is asked until it is a new one. */
  const seen = new Map<string, number>()
  async function run(name: string): Promise<Ran> {
    return until(async () => {
      const reply = await house.ask(`${acme.url}/v1/evidence/${name}/runs`, {
        apiKey: acme.apiKey,
        method: 'POST',
      })
      expectStatus(reply, 201)
      const ran: Ran = reply.json
      if (ran.position === seen.get(name)) return undefined
      seen.set(name, ran.position)
      return ran
    }, `a new run of ${name}`)
  }

  it('are 93, each with its status and what shows it', async () => {
    const reply = await house.ask(`${acme.url}/v1/claims`, { apiKey: acme.apiKey })
    expectStatus(reply, 200)
    assert.equal(reply.json.length, 93)
    assert.deepEqual(Object.keys(reply.json[0]), ['id', 'status', 'lastShown', 'evidence', 'proof'])
  })

  it('hold where they are looked at, but for the one this test set-up breaks', async () => {
    const odd: string[] = []
    const live = readEvidence(process.cwd()).filter(({ kind }) => kind === 'live')
    assert.ok(live.length >= 20)
    for (const { name } of live) {
      const { status, faults } = await run(name)
      // Another installation on the machine, or an ordinary user, and some things cannot be told; nothing may fail.
      if (status === 'FAIL') odd.push(`${name}: ${faults.join('; ')}`)
    }
    assert.equal(odd.length, 1, odd.join('\n'))
    assert.match(odd[0] ?? '', /^egress: .*PANOPLY_ALLOW_LOOPBACK/)
  })

  it('calls-audited: PX-21 fails when refused calls leave no trace', async () => {
    assert.equal((await run('calls-audited')).status, 'PASS')
    const migrator = await connectAsRole(house, acme.region, 'migrator')
    const door = 'cell.refuse(timestamptz, bytea, text, bytea, bigint)'
    await migrator.query(`revoke execute on function ${door} from router`)
    try {
      const broken = await run('calls-audited')
      assert.equal(broken.status, 'FAIL')
      assert.match(broken.faults.join('\n'), /left no readMe:absent in the region's log/)
      const { json } = await house.ask(`${acme.url}/v1/claims/PX-21`, { apiKey: acme.apiKey })
      assert.equal(json.status, 'FAIL')
      assert.ok(json.lastShown, 'it says when it last held')
    } finally {
      await migrator.query(`grant execute on function ${door} to router`)
      await migrator.end()
    }
    assert.equal((await run('calls-audited')).status, 'PASS')
  })

  it('fail when the keeper’s folder is opened, and hold again when it is closed', async () => {
    const { keeperFolder } = buildConfig({ role: 'web', home: house.home })
    const { mode } = statSync(keeperFolder)
    chmodSync(keeperFolder, 0o755)
    try {
      assert.equal((await run('process-walls')).status, 'FAIL')
    } finally {
      chmodSync(keeperFolder, mode & 0o777)
    }
    assert.notEqual((await run('process-walls')).status, 'FAIL')
  })

  it('are for members to read, and for administrators to run', async () => {
    const member = await aMember(house, acme, 'claims-reader')
    expectStatus(await house.ask(`${acme.url}/v1/claims/PX-09`, { session: member.session }), 200)
    const refused = await house.ask(`${acme.url}/v1/evidence/tls-ports/runs`, {
      session: member.session,
      method: 'POST',
    })
    expectStatus(refused, 403)
  })

  it('leave who looked and who ran in the log of the organisation', async () => {
    for (const action of ['trust.claim.listed', 'trust.claim.read', 'trust.evidence.ran']) {
      const { json } = await house.ask(`${acme.url}/v1/audit?action=${action}&limit=1`, {
        apiKey: acme.apiKey,
      })
      assert.equal(json.items[0]?.action, action)
    }
  })
})
