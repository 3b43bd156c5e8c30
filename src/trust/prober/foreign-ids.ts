// Ids of the other canary in the form of the API: of the kind a route asks for, as far as its schema says so.
import { ID_PREFIXES, type IdPrefix, toApi } from '#core/ids.ts'
import type { Canary } from './probe-ground.ts'

/** Where the records of a kind are, when their table has not the name of their noun. */
const TABLES: Readonly<Partial<Record<IdPrefix, string>>> = {
  org: 'organisation',
  per: 'person',
  ses: 'session',
  key: 'api_key',
  sec: 'api_key_secret',
  doc: 'document',
  snp: 'snip',
  evt: 'audit',
  act: 'activity',
  exp: 'export',
  ntf: 'notification',
  whk: 'webhook',
  dlv: 'webhook_delivery',
}

/** A few ids of the other that fit one of the schemas; of every kind when none of them names a kind. `noun` is that of the path. */
export function foreignIds({ ids }: Canary, noun: string, schemas: readonly unknown[]): string[] {
  const patterns = schemas.flatMap(patternsOf)
  const wanted = ID_PREFIXES.filter((prefix) => patterns.some((pattern) => names(pattern, prefix)))
  const prefixes = wanted.length > 0 ? wanted : ID_PREFIXES
  const found = prefixes.flatMap((prefix) =>
    (ids.get(TABLES[prefix] ?? tableOf(noun)) ?? []).slice(0, 3).map((id) => toApi(prefix, id)),
  )
  // A kind that has no table of its name here: any record of the other.
  const any = [...ids.values()].flatMap((of) => of.slice(0, 1))
  return found.length > 0 ? found : prefixes.flatMap((prefix) => any.map((id) => toApi(prefix, id)))
}

/** Whether a value of this schema is the id of a record. */
export function isId(schema: unknown): boolean {
  return patternsOf(schema).some(
    (pattern) => /^\^\[a-z\]\{\d,\d\}_/.test(pattern) || ID_PREFIXES.some((prefix) => names(pattern, prefix)),
  )
}

function names(pattern: string, prefix: IdPrefix): boolean {
  return new RegExp(`^\\^\\(?([a-z|]*\\|)?${prefix}[|)_]`).test(pattern)
}

function patternsOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  if ('pattern' in schema && typeof schema.pattern === 'string') return [schema.pattern]
  if ('anyOf' in schema && Array.isArray(schema.anyOf)) return schema.anyOf.flatMap(patternsOf)
  return []
}

/** `api-keys` is `api_key`. */
function tableOf(noun: string): string {
  return noun.replaceAll('-', '_').replace(/ies$/, 'y').replace(/s$/, '')
}
