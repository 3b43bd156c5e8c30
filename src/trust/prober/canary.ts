// One canary as the prober knows it: its own credentials and keys, and what it has that the other one must not reach.
// Must stay true: everything here is the canary's own, asked for the way any request or job of its tenant asks.
import { sql } from 'kysely'
import type { CanaryAsk } from '#core/product.ts'
import type { OpenTenant } from '#core/tenancy/tenant-connections.ts'
import type { Canary, ProbeGround, Store } from './probe-ground.ts'

/** The word that stands in everything a canary has; one word to the index, and in nobody's language. */
export function wordOf(tenant: string): string {
  return `kanari${tenant.replace(/[2-7]/g, (digit) => 'ghijkl'.charAt(Number(digit) - 2))}`
}

/** Reads again what a canary has. Errors of the database pass through. */
export async function readBelongings(opened: OpenTenant): Promise<Pick<Canary, 'relations' | 'ids'>> {
  const { rows } = await sql<{ schema: string; name: string; kind: string; has_id: boolean }>`
    select n.nspname as schema, c.relname as name, c.relkind::text as kind, exists (
      select from pg_attribute a where a.attrelid = c.oid and a.attname = 'id' and a.atttypid = 'uuid'::regtype) as has_id
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = any(current_schemas(false)) and c.relkind in ('r', 'p', 'v', 'm', 'S') order by 1, 2`.execute(
    opened.db('people'),
  )
  const ids = new Map<string, readonly string[]>()
  for (const { schema, name, has_id } of rows) {
    const store: Store = schema.endsWith('_people') ? 'people' : 'activity'
    if (!has_id) continue
    const found = await sql<{ id: string }>`
      select id from ${sql.table(`${schema}.${name}`)} order by id desc limit 20`.execute(opened.db(store))
    if (found.rows.length > 0)
      ids.set(
        name,
        found.rows.map(({ id }) => id),
      )
  }
  return {
    relations: rows.map(({ schema, name, kind }) => ({ schema, name, isSequence: kind === 'S' })),
    ids,
  }
}

/** Questions of a canary to the product's own API, with its own key. */
export function askAs({ ask, region }: ProbeGround, { apiKey }: Pick<Canary, 'apiKey'>): CanaryAsk {
  return async ({ method, path, json, headers, file }) => {
    const form = file === undefined ? undefined : formOf(file)
    const body = form?.bytes ?? (json === undefined ? undefined : Buffer.from(JSON.stringify(json)))
    const reply = await ask({
      region,
      method,
      path,
      headers: {
        ...headers,
        authorization: `API-Key ${apiKey}`,
        ...(body ? { 'content-type': form?.type ?? 'application/json' } : {}),
      },
      ...(body ? { body } : {}),
    })
    return { status: reply.status, json: parsed(reply.text) }
  }
}

function formOf(file: { readonly name: string; readonly type: string; readonly bytes: Uint8Array }) {
  const mark = `canary-${crypto.randomUUID()}`
  const head = `--${mark}\r\nContent-Disposition: form-data; name="file"; filename="${file.name}"\r\nContent-Type: ${file.type}\r\n\r\n`
  return {
    type: `multipart/form-data; boundary=${mark}`,
    bytes: Buffer.concat([Buffer.from(head), file.bytes, Buffer.from(`\r\n--${mark}--\r\n`)]),
  }
}

/** The answer as JSON; undefined when it is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
