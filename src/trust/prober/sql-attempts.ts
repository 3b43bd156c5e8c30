// The canary's own logins against the other's tables and the side doors of the server.
// Must stay true: every statement runs by itself in a transaction that is rolled back.
import { type LoginTry, tryLogin, tryStatement } from '#core/db/try-statement.ts'
import type { ProbeLayer } from '#core/evidence/isolation-log.ts'
import type { Attempt } from './attempt.ts'
import type { Canary, ProbeGround, Store } from './probe-ground.ts'
import {
  DENIED_JOB_STATEMENTS,
  DENIED_STATEMENTS,
  EMPTY_STATEMENTS,
  SEQUENCE_STATEMENTS,
  TABLE_STATEMENTS,
} from './sql-statements.ts'

interface Statement {
  readonly name: string
  readonly sql: string
  readonly expects: 'denial' | 'no row'
}

/** Everything `me` tries of `other` by SQL, over both of its logins. */
export function sqlAttempts(ground: ProbeGround, me: Canary, other: Canary): Attempt[] {
  const fill = names(me, other)
  const statements: Statement[] = [
    ...DENIED_STATEMENTS.map((text): Statement => ({ name: text, sql: fill(text), expects: 'denial' })),
    ...EMPTY_STATEMENTS.map((text): Statement => ({ name: text, sql: fill(text), expects: 'no row' })),
    ...other.relations.flatMap(({ schema, name, isSequence }) =>
      (isSequence ? SEQUENCE_STATEMENTS : TABLE_STATEMENTS).map(
        (text): Statement => ({
          name: text.replaceAll('{t}', name),
          sql: text.replaceAll('{t}', `${schema}.${name}`),
          expects: 'denial',
        }),
      ),
    ),
  ]
  return [
    ...(['activity', 'people'] as const).flatMap((store) =>
      statements.map((statement) => statementAttempt('sql', me, store, statement)),
    ),
    ...doors(ground, me, other),
  ]
}

/** The statements on the queue, counted among jobs. */
export function jobStatementAttempts(me: Canary, other: Canary): Attempt[] {
  const fill = names(me, other)
  return (['activity', 'people'] as const).flatMap((store) =>
    DENIED_JOB_STATEMENTS.map((text) =>
      statementAttempt('jobs', me, store, { name: text, sql: fill(text), expects: 'denial' }),
    ),
  )
}

function names(me: Canary, other: Canary): (text: string) => string {
  const known: Readonly<Record<string, string>> = {
    a: `t_${me.tenant}`,
    b: `t_${other.tenant}`,
    aPeople: `t_${me.tenant}_people`,
    bPeople: `t_${other.tenant}_people`,
    bLogin: `t_${other.tenant}`,
    bTenant: other.tenant,
  }
  return (text) => text.replace(/\{(\w+)\}/g, (whole, name: string) => known[name] ?? whole)
}

function statementAttempt(
  layer: ProbeLayer,
  { opened }: Canary,
  store: Store,
  { name, sql, expects }: Statement,
): Attempt {
  return {
    layer,
    name: `${store}: ${name}`,
    async run() {
      const { verdict, rows } = await tryStatement(await opened.lease(store), sql)
      if (verdict === 'done') return expects === 'no row' && rows === 0 ? 'denied' : 'hit'
      return verdict
    },
  }
}

/** Connections with one's own password where one has no business. */
function doors({ ctx, keeper, region }: ProbeGround, me: Canary, other: Canary): Attempt[] {
  const { cell } = me.opened.place
  const elsewhere = ctx.regions.find(({ name }) => name !== region)?.cells[0]
  const user = `t_${me.tenant}`
  const tries: { name: string; options: Partial<LoginTry> }[] = [
    ...['directory', 'postgres', 'template1'].map((database) => ({
      name: `database ${database}`,
      options: { database },
    })),
    ...['migrator', 'sealer', 'dispatcher', 'router', 'postgres'].map((role) => ({
      name: `login ${role}`,
      options: { user: role },
    })),
    { name: 'login of the other', options: { user: `t_${other.tenant}` } },
    { name: 'people login of the other', options: { user: `t_${other.tenant}_people` } },
    { name: 'replication', options: { replication: 'true' } },
    { name: 'logical replication', options: { replication: 'database' } },
    ...(elsewhere
      ? [{ name: 'another region', options: { host: elsewhere.host, port: elsewhere.port } }]
      : []),
  ]
  return tries.map(({ name, options }) => ({
    layer: 'sql',
    name: `connect: ${name}`,
    async run() {
      const { password } = await keeper.ask('login', { region, role: user })
      const base = { host: cell.host, port: cell.port, database: 'cell', user, password }
      const verdict = await tryLogin({ ...base, ...options })
      return verdict === 'done' ? 'hit' : verdict
    },
  }))
}
