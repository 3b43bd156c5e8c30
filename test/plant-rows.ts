import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { subjectSeal } from '#core/keys/subject-seal.ts'
import type { Resident } from './own-house.ts'
import type { OwnLibrary } from './own-library.ts'

/** Rows of the tables for which these tests have no request, sealed as their operations seal. */
export async function plantRows(library: OwnLibrary, person: Resident): Promise<void> {
  const tenant = await library.ctx.tenant(person.token.split('.')[0] ?? '')
  const [keys, db] = [await tenant.keys(), tenant.db('activity')]
  const { person: by } = await db.selectFrom('session').select('person').executeTakeFirstOrThrow()
  const [webhook, delivery, at] = [randomUUID(), randomUUID(), new Date()]
  const stamp = { created_by: by, created_at: at, updated_by: by, updated_at: at }
  const made = { created_by: by, created_at: at }
  const rows: readonly (readonly [table: string, row: Readonly<Record<string, unknown>>])[] = [
    ['webhook', { id: webhook, state: 'paused', types: [], ...stamp }],
    ['webhook_secret', { webhook, ...made }],
    [
      'webhook_delivery',
      { id: delivery, webhook, event: webhook, type: 'x', at, actor_kind: 'person', state: 'failed' },
    ],
    ['webhook_attempt', { delivery, at, milliseconds: 1, outcome: 'x' }],
    ['notification', { person: by, kind: 'x', created_at: at }],
    ['document_fetch', { state: 'waiting', ...stamp }],
    ['upload', { document_id: webhook, blob_id: delivery, size: 1, expires_at: at, ...stamp }],
  ]
  for (const [table, values] of rows) {
    const row: Readonly<Record<string, unknown>> & { readonly id: string } = { id: randomUUID(), ...values }
    const { columns } = library.ctx.sealedTables.find((one) => one.table === table) ?? { columns: [] }
    const sealed: [string, unknown][] = columns.map((column) => [
      column,
      keys.seal('activity', table, row.id, column, { planted: 1 }),
    ])
    const under = library.ctx.subjectSealed.flatMap((one) =>
      one.columns.filter((column) => column.table === table && column.subject in row),
    )
    const [first] = under
    const subject = first && String(row[first.subject])
    const made = subject === undefined ? undefined : await keys.newSubject('document', subject)
    if (made) await db.insertInto('key').values(made.row).execute()
    const seal = subject === undefined ? undefined : subjectSeal(await keys.subject('document', subject))
    for (const { column } of under)
      sealed.push([
        column,
        seal?.seal({ tenant: keys.tenant, store: 'activity', table, row: row.id, column }, { planted: 1 }),
      ])
    const all: Record<string, unknown> = { ...row, ...Object.fromEntries(sealed) }
    const names = Object.keys(all).map((name) => sql.ref(name))
    await sql`insert into ${sql.table(table)} (${sql.join(names)}) values (${sql.join(Object.values(all))})`.execute(
      db,
    )
  }
}
