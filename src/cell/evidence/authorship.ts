// PX-12: every record carries who made it and who changed it last, when and from where; every event who, when and from where.
import { judge } from '#core/evidence/evidence.ts'
import { type CellProbe, sampleTenants, schemasOf } from './cell-ground.ts'

/** Tables that are no records: the log and its tree, keys, spent signatures, the list of destructions, the search index, first steps, and parts that live and die with a record. */
const PARTS =
  /^(audit.*|key|key_epoch|spent_signature|destruction|search_.*|first_step|document_blob|document_page|snip_tag|tag|upload_part|webhook_(delivery|attempt))$/
/** Where only the system changes a record after it was made, or the one change is that it ends. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  session: ['person', 'created_at', 'origin'],
  api_key_secret: ['created_by', 'created_at', 'revoked_by', 'revoked_at', 'origin'],
  webhook_secret: ['created_by', 'created_at', 'origin'],
  activity: ['created_by', 'created_at', 'updated_at', 'origin'],
  notification: ['person', 'created_at', 'read_at', 'origin'],
}
const STAMP = ['created_by', 'created_at', 'updated_by', 'updated_at', 'origin']
const ALWAYS = new Set(['created_at', 'updated_at', 'origin'])

interface Column {
  readonly schema: string
  readonly name: string
  readonly columns: Readonly<Record<string, boolean>>
}

/** Schema: all tables of some tenants. Sample: their rows. */
export const authorship: CellProbe = async (ground) => {
  const tenants = await sampleTenants(ground)
  const faults: string[] = []
  const tables = await ground.ask<Column>(
    `select n.nspname as schema, c.relname as name, jsonb_object_agg(a.attname, a.attnotnull) as columns
     from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
     where n.nspname = any($1) and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped group by 1, 2`,
    [schemasOf(tenants)],
  )
  const looked = { organisations: tenants.length, tables: 0, records: 0, events: 0 }
  for (const { schema, name, columns } of tables) {
    if (PARTS.test(name)) continue
    looked.tables++
    for (const column of NEEDED[name] ?? STAMP) {
      if (!(column in columns)) faults.push(`${schema}.${name} has no ${column}`)
      else if (ALWAYS.has(column) && !columns[column])
        faults.push(`${schema}.${name} lets ${column} be empty`)
    }
    if (!('created_by' in columns)) continue
    const orKey = 'created_key' in columns ? ' and created_key is null' : ''
    const [row] = await ground.ask<{ rows: number; nobody: number }>(
      `select count(*)::int as rows, count(*) filter (where created_by is null${orKey})::int as nobody
       from (select * from "${schema}"."${name}" limit 500) as sample`,
    )
    looked.records += row?.rows ?? 0
    if ((row?.nobody ?? 0) > 0) faults.push(`${schema}.${name} has ${row?.nobody} records made by nobody`)
  }
  for (const tenant of tenants) {
    const [row] = await ground.ask<{ rows: number; bare: number }>(
      `select count(*)::int as rows, count(*) filter (where actor_kind <> 'system'
         and ((actor is null and credential is null) or (personal is null and personal_hash is null)))::int as bare
       from (select * from "t_${tenant}".audit order by id desc limit 500) as sample`,
    )
    looked.events += row?.rows ?? 0
    if ((row?.bare ?? 0) > 0) faults.push(`${tenant} has ${row?.bare} events without who or where`)
  }
  return judge(looked, faults)
}
