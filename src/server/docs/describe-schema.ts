// The form of values in a few words, as HTML: one row a field, with the fields of what stands inside by their whole names.
import { escapeHtml } from '#core/mail/account-messages.ts'
import {
  arrayOf,
  type Fields,
  fieldsOf,
  idPrefixOf,
  neededOf,
  resolved,
  shapeNameOf,
  textOf,
} from './fields.ts'

export type Row = readonly [name: string, html: string]

const DEEPEST = 3

/** Escapes a text; what stands between backticks becomes code. */
export function inline(text: string): string {
  return escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>')
}

/** The fields of an object. `side` says whether somebody sends it, and needs to know what may be left out, or gets it. */
export function fieldRows(
  schema: Fields,
  schemas: Fields,
  side: 'sent' | 'answered',
  { within = '', depth = 0 } = {},
): Row[] {
  const shape = resolved(schema, schemas)
  const needed = neededOf(shape)
  return Object.entries(fieldsOf(shape.properties)).flatMap(([name, of]): Row[] => {
    const field = fieldsOf(of)
    const isNeeded = needed.includes(name)
    const need = side === 'sent' ? (isNeeded ? 'needed' : 'optional') : isNeeded ? '' : 'not always there'
    const row: Row = [
      `${within}${name}`,
      `${describe(field)}${need && ` <span class="quiet">${need}</span>`}`,
    ]
    const inside = objectIn(field)
    if (inside === undefined || depth === DEEPEST) return [row]
    const whole = `${within}${name}${inside.isList ? '[]' : ''}.`
    return [row, ...fieldRows(inside.schema, schemas, side, { within: whole, depth: depth + 1 })]
  })
}

/** The object that a field is, holds a list of, or may be null instead of. Named shapes stand for themselves. */
function objectIn(field: Fields): { schema: Fields; isList: boolean } | undefined {
  const [option] = arrayOf(field.anyOf).filter(({ properties }) => properties !== undefined)
  if (option) return { schema: option, isList: false }
  if (field.type === 'array') {
    const items = fieldsOf(field.items)
    return items.properties === undefined ? undefined : { schema: items, isList: true }
  }
  return field.properties === undefined ? undefined : { schema: field, isList: false }
}

/** One value: its type and bounds, and what its description says. */
export function describe(schema: Fields): string {
  const words = typeWords(schema)
  const description = textOf(schema.description)
  return description === '' ? words : `${words}. ${inline(description)}`
}

function typeWords(schema: Fields): string {
  const name = shapeNameOf(schema)
  if (name !== '') return `<a href="#shape-${escapeHtml(name)}">${escapeHtml(name)}</a>`
  if (schema.const !== undefined) return escapeHtml(JSON.stringify(schema.const))
  const options = arrayOf(schema.anyOf)
  if (options.length > 0) return [...new Set(options.map(describe))].join(' or ')
  if (schema.type === 'array') {
    const most = schema.maxItems === undefined ? '' : `, at most ${String(schema.maxItems)}`
    return `array of ${describe(fieldsOf(schema.items))}${most}`
  }
  const prefix = idPrefixOf(schema)
  if (prefix !== undefined) return `id <code>${escapeHtml(prefix)}_…</code>`
  if (schema.format === 'binary') return 'file'
  const words = [textOf(schema.type) || 'any value', textOf(schema.format), bounds(schema)]
  return escapeHtml(words.filter(Boolean).join(' '))
}

function bounds({ type, minimum, maximum, minLength, maxLength }: Fields): string {
  const [least, most] = type === 'string' ? [minLength, maxLength] : [minimum, maximum]
  const [of, unit] = type === 'string' ? ['of', ' characters'] : ['from', '']
  if (least !== undefined && most !== undefined)
    return least === most ? `of ${String(least)}${unit}` : `${of} ${String(least)} to ${String(most)}${unit}`
  if (most !== undefined) return `of at most ${String(most)}${unit}`
  return least === undefined ? '' : `of at least ${String(least)}${unit}`
}

/** Rows as a list of names and what they are. */
export function list(rows: readonly Row[]): string {
  return `<dl>${rows.map(([name, html]) => `<dt>${escapeHtml(name)}</dt><dd>${html}</dd>`).join('')}</dl>`
}
