/** Every place of a route where a caller may write text, read from its schemas. */
import { jsonBodyOf, type Route } from '#core/route.ts'

interface Shape {
  readonly type?: string
  readonly const?: unknown
  readonly pattern?: string
  readonly format?: string
  readonly anyOf?: readonly Shape[]
  readonly properties?: Readonly<Record<string, Shape>>
  readonly items?: Shape
}

export interface StringField {
  readonly part: 'params' | 'querystring' | 'body'
  /** Property names from the part down; `[]` for the elements of a list. */
  readonly path: readonly string[]
  /** The schema accepts nearly any text; otherwise it says a pattern, a format or a choice. */
  readonly isFree: boolean
  /** The same for fields of one part that are checked in the same way: one schema, ids of any kind, choices of any words. */
  readonly kind: string
}

/** The string fields of a route; a choice between texts is one, too. */
export function stringFieldsOf(route: Route): StringField[] {
  const found = new Map<string, StringField>()
  for (const part of ['params', 'querystring', 'body'] as const) {
    const schema = part === 'body' ? jsonBodyOf(route) : route.schema[part]
    if (schema) collect(schema as Shape, part, [], found)
  }
  return [...found.values()]
}

function collect(
  shape: Shape,
  part: StringField['part'],
  path: readonly string[],
  found: Map<string, StringField>,
): void {
  for (const option of shape.anyOf ?? []) collect(option, part, path, found)
  for (const [name, inner] of Object.entries(shape.properties ?? {}))
    collect(inner, part, [...path, name], found)
  if (shape.items) collect(shape.items, part, [...path, '[]'], found)
  if (shape.type !== 'string' && typeof shape.const !== 'string') return
  const key = `${part}.${path.join('.')}`
  const isFree = shape.pattern === undefined && shape.format === undefined && shape.const === undefined
  const id = /^\^[a-z]{3,4}_(\[.*)$/.exec(shape.pattern ?? '')
  const rule = shape.const === undefined ? (id?.[1] ?? JSON.stringify(shape)) : 'choice'
  const known = found.get(key)?.kind ?? part
  const kind = known.endsWith(rule) ? known : `${known} ${rule}`
  found.set(key, { part, path, isFree: isFree && (found.get(key)?.isFree ?? true), kind })
}

/** A copy of `value` with `text` at a path; what is missing on the way is made. */
export function withText(value: unknown, path: readonly string[], text: unknown): unknown {
  const [name, ...rest] = path
  if (name === undefined) return text
  if (name === '[]') return [withText(Array.isArray(value) ? value[0] : undefined, rest, text)]
  const record = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  return { ...record, [name]: withText(record[name], rest, text) }
}

/** What stands at a path, the first element of lists. */
export function textAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, name) => {
    if (typeof at !== 'object' || at === null) return undefined
    return name === '[]' ? (at as unknown[])[0] : (at as Record<string, unknown>)[name]
  }, value)
}
