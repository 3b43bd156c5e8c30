// A value that a schema accepts, made from the schema: the smallest one that says something. The door tests and the prober knock with it.

interface Shape {
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Shape[]
  readonly allOf?: readonly Shape[]
  readonly properties?: Readonly<Record<string, Shape>>
  readonly required?: readonly string[]
  readonly items?: Shape
  readonly minItems?: number
  readonly minimum?: number
  readonly pattern?: string
  readonly format?: string
  readonly minLength?: number
  readonly maxLength?: number
}

const CANDIDATES = [
  'word',
  'a word or two',
  'someone@acme.example',
  'SE',
  'eu',
  '2026-01-01T00:00:00Z',
  'https://acme.example/',
  'a'.repeat(13),
  '0'.repeat(64),
  'abcdefghijklm.v.AAAAAAAAAAAAAAAA',
  'eu.v.AAAAAAAAAAAAAAAA',
  'eu.r.AAAAAAAAAAAAAAAA',
  'PX-01',
]

/** No sample is known for a pattern; add one to CANDIDATES. */
export class NoSample extends Error {
  override name = 'NoSample'
}

/** Answers a valid value. `named` gives values for properties by name, e.g. ids of records. Throws {@link NoSample}. */
export function sampleOf(schema: unknown, named: Readonly<Record<string, unknown>> = {}): unknown {
  const shape = shapeOf(schema)
  if ('const' in shape) return shape.const
  if (shape.enum) return shape.enum[0]
  if (shape.anyOf)
    return sampleOf(shape.anyOf.find((option) => option.type !== 'null') ?? shape.anyOf[0], named)
  if (shape.allOf) return Object.assign({}, ...shape.allOf.map((part) => sampleOf(part, named)))
  switch (shape.type) {
    case 'object':
      return sampleObject(shape, named)
    case 'array':
      return Array.from({ length: shape.minItems ?? 0 }, () => sampleOf(shape.items, named))
    case 'integer':
    case 'number':
      return Math.max(shape.minimum ?? 1, 1)
    case 'boolean':
      return true
    case 'null':
      return null
    default:
      return sampleText(shape)
  }
}

/** The properties that a schema of an object names, with their schemas. */
export function propertiesOf(schema: unknown): Readonly<Record<string, { readonly pattern?: string }>> {
  return shapeOf(schema).properties ?? {}
}

function shapeOf(schema: unknown): Shape {
  if (!isShape(schema)) throw new NoSample('not a schema')
  return schema
}

function isShape(schema: unknown): schema is Shape {
  return typeof schema === 'object' && schema !== null
}

// Everything required; where nothing is, as in a change, the first property, so that something is asked for.
function sampleObject(shape: Shape, named: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const all = Object.keys(shape.properties ?? {})
  const wanted = shape.required?.length ? shape.required : all.slice(0, 1)
  const entries = wanted.map((name) => [name, named[name] ?? sampleOf(shape.properties?.[name] ?? {}, named)])
  return Object.fromEntries(entries)
}

function sampleText(shape: Shape): string {
  const pattern = shape.pattern === undefined ? /^/ : new RegExp(shape.pattern, 'u')
  const prefix = /^\^([a-z]+)_/.exec(shape.pattern ?? '')?.[1]
  const candidates = [...(prefix ? [`${prefix}_${'0'.repeat(26)}`] : []), ...CANDIDATES]
  const fits = (text: string): boolean =>
    pattern.test(text) &&
    text.length >= (shape.minLength ?? 0) &&
    text.length <= (shape.maxLength ?? Number.POSITIVE_INFINITY) &&
    (shape.format !== 'date-time' || text.endsWith('Z')) &&
    (shape.format !== 'uri' || text.startsWith('https:'))
  const found = candidates.find(fits)
  if (found === undefined)
    throw new NoSample(`no sample for ${JSON.stringify(shape)}; add one to sample-of.ts`)
  return found
}
