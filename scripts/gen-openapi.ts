/**
 * Writes generated/openapi.json from the route table, without listening and without a database; with --check it
 * fails when the document is stale. Keys are sorted, so a change of the API is a change of few lines.
 */
import { buildOpenApi } from '#server/openapi.ts'
import { writeOrCheck } from './write-or-check.ts'

/** The same value with the keys of every object in order. */
export function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortKeys(inner)]))
}

if (import.meta.main) {
  const document = sortKeys(buildOpenApi())
  writeOrCheck('generated/openapi.json', `${JSON.stringify(document, null, 2)}\n`)
}
