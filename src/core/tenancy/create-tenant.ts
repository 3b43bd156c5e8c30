// Making tenants: a spare one is schema, people schema, two login roles and wrapped keys, all in one transaction; claiming it is one row.
// Must stay true: a tenant is whole or not there at all; passwords are never seen here, only their verifiers.
import type pg from 'pg'
import { applyToTenant, type Migration, tenantNames } from '../db/migrate.ts'
import { newRoutingId } from '../ids.ts'
import { sealedVersion } from '../keys/aead.ts'
import type { KeeperClient } from '../keys/keeper-client.ts'
import { newTenantKeys } from '../keys/new-tenant-keys.ts'

export interface TenantMaker {
  /** The migrator's connection to the cell. */
  readonly client: pg.Client
  readonly keeper: KeeperClient
  readonly region: string
  readonly migrations: readonly Migration[]
}

/** Makes one spare tenant and answers its routing id. A kill in the middle leaves nothing. */
export async function createSpareTenant({
  client,
  keeper,
  region,
  migrations,
}: TenantMaker): Promise<string> {
  const tenant = newRoutingId()
  const { schema, people, login, peopleLogin } = tenantNames(tenant)
  const [first, second] = await Promise.all([
    keeper.ask('verifier', { region, role: login }),
    keeper.ask('verifier', { region, role: peopleLogin }),
  ])
  await client.query('begin')
  try {
    await client.query(`insert into cell.tenant (tenant, state) values ($1, 'spare')`, [tenant])
    // Asked for behind the insert: a destruction locks the table while the region's older epochs are forgotten (cell/destroyer.ts).
    const { epoch, keys } = await newTenantKeys(keeper, region, tenant)
    await client.query('update cell.tenant set region_epoch = $2 where tenant = $1', [
      tenant,
      sealedVersion(epoch.wrapped),
    ])
    for (const [role, verifier, path] of [
      [login, first.verifier, schema],
      [peopleLogin, second.verifier, `${people}, ${schema}`],
    ]) {
      await client.query(
        `create role ${role} login connection limit 40 password ${client.escapeLiteral(verifier ?? '')} in role tenant`,
      )
      await client.query(`alter role ${role} set search_path = ${path}`)
      await client.query(`alter role ${role} set statement_timeout = '30s'`)
      await client.query(`alter role ${role} set idle_in_transaction_session_timeout = '5s'`)
    }
    await client.query(`create schema ${schema}`)
    await client.query(`create schema ${people}`)
    for (const migration of migrations) await applyToTenant(client, tenant, migration)
    await client.query(`insert into ${schema}.key_epoch (epoch, wrapped) values ($1, $2)`, [
      epoch.epoch,
      epoch.wrapped,
    ])
    for (const key of keys) {
      await client.query(
        `insert into ${schema}.key (id, purpose, version, subject, epoch, wrapped) values ($1, $2, $3, $4, $5, $6)`,
        [key.id, key.purpose, key.version, key.subject, key.epoch, key.wrapped],
      )
    }
    await client.query('commit')
    return tenant
  } catch (error) {
    await client.query('rollback')
    throw error
  }
}

export interface TenantClaim {
  /** The migrator's connection to the cell. */
  readonly client: pg.Client
  /** The registrar's connection to the directory. */
  readonly registrar: pg.Client
  readonly region: string
  readonly cell: string
  readonly domainBlind: Buffer
}

/**
 * Gives a spare tenant to a mail domain. Answers its routing id; undefined when none is spare. When the domain belongs to a tenant
 * already, answers that one: two founders at the same moment end in the same organisation.
 */
export async function claimTenant(claim: TenantClaim): Promise<string | undefined> {
  const { client, registrar } = claim
  await registrar.query('begin')
  try {
    const known = await registrar.query<{ tenant: string }>(
      'select tenant from directory.domain where domain_blind = $1',
      [claim.domainBlind],
    )
    if (known.rows[0]) {
      await registrar.query('rollback')
      return known.rows[0].tenant
    }
    const taken = await client.query<{ tenant: string }>(
      `update cell.tenant set state = 'active', claimed_at = now() where tenant = (
         select tenant from cell.tenant where state = 'spare' order by created_at limit 1 for update skip locked
       ) returning tenant`,
    )
    const tenant = taken.rows[0]?.tenant
    if (tenant === undefined) {
      await registrar.query('rollback')
      return undefined
    }
    try {
      await registrar.query('insert into directory.route (tenant, region, cell) values ($1, $2, $3)', [
        tenant,
        claim.region,
        claim.cell,
      ])
      await registrar.query('insert into directory.domain (domain_blind, tenant) values ($1, $2)', [
        claim.domainBlind,
        tenant,
      ])
      await registrar.query('commit')
      return tenant
    } catch (error) {
      // Given back only when the directory said no. A connection that was lost may hide that it said yes, and a tenant that is somebody's
      // must not be offered again: each founder would be given it, and turned away.
      if (isRefusedByServer(error))
        await client.query(`update cell.tenant set state = 'spare', claimed_at = null where tenant = $1`, [
          tenant,
        ])
      throw error
    }
  } catch (error) {
    await registrar.query('rollback').catch(() => undefined)
    if (error instanceof Error && 'code' in error && error.code === '23505') {
      const winner = await registrar.query<{ tenant: string }>(
        'select tenant from directory.domain where domain_blind = $1',
        [claim.domainBlind],
      )
      return winner.rows[0]?.tenant
    }
    throw error
  }
}

/** Whether the server answered, and its answer was no; class 57 (ended by somebody) and 08 (connection) are no answers. */
function isRefusedByServer(error: unknown): boolean {
  if (!(error instanceof Error && 'severity' in error && 'code' in error)) return false
  return !/^(08|57)/.test(String(error.code))
}
