import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { connectAs, loginOf } from '#core/db/system-login.ts'
import { assertJudged } from '#test/judged.ts'
import { openProbeHouse, type ProbeHouse } from '#test/probe-house.ts'
import { trustEvidence } from '../trust-evidence.ts'

/** The statements of the isolation tests that read another organisation's tables. */
function readings(a: string, b: string): string[] {
  return readFileSync(join(import.meta.dirname, '../../../test/isolation/denied.sql'), 'utf8')
    .split(/;\s*$/m)
    .map((part) => part.replace(/^--.*$/gm, '').trim())
    .filter((sql) => /^select .*from \{b\w*\}\./i.test(sql))
    .map((sql) =>
      sql.replaceAll('{a}', `t_${a}`).replaceAll('{bPeople}', `t_${b}_people`).replaceAll('{b}', `t_${b}`),
    )
}

describe('the attacks across organisations', () => {
  let world: ProbeHouse
  let other: string
  before(async () => {
    world = await openProbeHouse()
    other = (await world.house.aResident()).token.split('.')[0] ?? ''
  })
  after(() => world?.stop())

  async function allowed(): Promise<string[]> {
    const client = await connectAs(
      loginOf(world.house.keeper.as('web'), world.ground.region.cells[0], 'cell', `t_${world.tenant}`),
    )
    const through: string[] = []
    const statements = readings(world.tenant, other)
    assert.ok(statements.length > 3, `only ${statements.length} statements`)
    for (const sql of statements) {
      const error = await client.query(sql).then(
        () => null,
        (refused: Error & { code?: string }) => refused.code,
      )
      if (error !== '42501') through.push(`${sql}: ${error ?? 'done'}`)
    }
    await client.end()
    return through
  }

  it('attacks-across: PX-13 fails when one login may read another’s tables', async () => {
    assert.deepEqual(await allowed(), [])
    await world.run(`grant usage on schema t_${other} to t_${world.tenant}`)
    await world.run(`grant select on all tables in schema t_${other} to t_${world.tenant}`)
    const through = await allowed()
    assert.ok(through.length > 0, 'the statements notice')
    assertJudged(trustEvidence, 'attacks-across')
  })
})
