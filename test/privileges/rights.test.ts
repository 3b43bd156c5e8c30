import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { connectAsRole } from '../as-role.ts'
import { type Installation, theInstallation } from '../installation.ts'
import { readAddedRights, readRights, readRoles } from './read-rights.ts'

/** The lines of some sections of rights.txt. */
function tableOf(...sections: readonly string[]): string[] {
  const found: string[] = []
  let section = ''
  for (const line of readFileSync(join(import.meta.dirname, 'rights.txt'), 'utf8').split('\n')) {
    section = /^\[(\w+)\]$/.exec(line)?.[1] ?? section
    if (sections.includes(section) && line !== '' && !/^[#[]/.test(line)) found.push(line)
  }
  return found
}

function compare(found: readonly string[], table: readonly string[]): void {
  assert.ok(found.length > 10)
  assert.deepEqual(
    {
      'not in test/privileges/rights.txt': found.filter((line) => !table.includes(line)),
      'in the table alone': table.filter((line) => !found.includes(line)),
    },
    { 'not in test/privileges/rights.txt': [], 'in the table alone': [] },
  )
}

describe('every right in the catalogs', () => {
  let house: Installation
  before(async () => {
    house = await theInstallation()
  })

  async function read(region: string, database: string) {
    const client = await connectAsRole(house, region, 'migrator', database)
    try {
      const added = (await readAddedRights(client)).map((line) => `added ${line}`)
      const { rows } = await client.query<{ version: number }>(
        `select current_setting('server_version_num')::int / 10000 as version`,
      )
      return {
        rights: [...(await readRights(client)), ...added],
        roles: await readRoles(client),
        version: rows[0]?.version ?? 0,
      }
    } finally {
      await client.end()
    }
  }

  for (const region of ['eu', 'us', 'asia'])
    it(`of the cell in ${region} stands in the table, and the table holds nothing else`, async () => {
      const { rights, roles, version } = await read(region, 'cell')
      // The directory is a database of the first region alone.
      const table = tableOf('everywhere', 'cell', 'tenant').filter(
        (line) => region === 'eu' || !line.startsWith('database directory'),
      )
      compare(rights, table)
      // From version 16 on, whoever creates a role is a member of it.
      compare(
        roles,
        tableOf('roles').filter((line) => version >= 16 || !/^member migrator of (tenant|\{)/.test(line)),
      )
    })

  it('of the directory stands in the table, and the table holds nothing else', async () => {
    compare((await read('eu', 'directory')).rights, tableOf('everywhere', 'directory'))
  })

  it('is seen: a right that was planted is found, for one tenant or for all', async () => {
    const client = await connectAsRole(house, 'asia', 'migrator')
    const [tenant] = (
      await client.query(`select nspname from pg_namespace where nspname ~ '^t_[a-z2-7]{13}$' limit 1`)
    ).rows
    const plants = [
      [
        `grant select on ${tenant.nspname}.document to router`,
        /^ONLY 1 of \d+ tenants: table \{tenant\}\.document: router select$/,
      ],
      [`grant execute on function cell.refuse to tenant`, /^function cell\.refuse\(.*tenant execute$/],
      [`grant usage on schema migration to public`, /^schema migration: PUBLIC usage$/],
      [`grant select (tenant) on cell.outbox to sealer`, /^column cell\.outbox\.tenant: sealer select$/],
      [
        `alter default privileges in schema cell grant select on tables to router`,
        /^default in cell for migrator on r: router select$/,
      ],
    ] as const
    try {
      for (const [sql, line] of plants) {
        await client.query('begin')
        await client.query(sql)
        const found = await readRights(client)
        await client.query('rollback')
        const table = tableOf('everywhere', 'cell', 'tenant')
        assert.ok(
          found.some((one) => line.test(one) && !table.includes(one)),
          sql,
        )
      }
      await client.query('begin')
      await client.query(`alter role ${tenant.nspname} connection limit 50`)
      assert.ok((await readRoles(client)).some((line) => /^ONLY 1 of .*limit 50/.test(line)))
      await client.query('rollback')
    } finally {
      await client.end()
    }
  })
})
