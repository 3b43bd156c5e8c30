// Reading the API document, which is plain JSON: what is not of the expected kind reads as empty.

export type Fields = Readonly<Record<string, unknown>>

/** One operation of the document. */
export interface Operation {
  readonly method: string
  readonly path: string
  readonly fields: Fields
}

export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : {}
}

export function arrayOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : []
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** The name of the shape that a schema refers to, or an empty text. */
export function shapeNameOf(schema: Fields): string {
  return textOf(schema.$ref).split('/').at(-1) ?? ''
}

/** The schema itself, or the named shape it refers to. */
export function resolved(schema: Fields, schemas: Fields): Fields {
  const name = shapeNameOf(schema)
  return name in schemas ? fieldsOf(schemas[name]) : schema
}

/** What the ids of a schema begin with (the first kind where it takes several), or undefined where it is none of ids. */
export function idPrefixOf({ pattern }: Fields): string | undefined {
  return /^\^\(?([a-z]+)[^_]*_\[0-9a-hjkmnp-tv-z\]\{26\}\$$/.exec(textOf(pattern))?.[1]
}

/** The names that an object must have. */
export function neededOf(shape: Fields): readonly unknown[] {
  return Array.isArray(shape.required) ? shape.required : []
}

/** What a request brings: a type and the schema of it. The first is the one that is shown. */
export function bodiesOf({ fields }: Operation): readonly { type: string; schema: Fields }[] {
  const content = fieldsOf(fieldsOf(fields.requestBody).content)
  return Object.entries(content).map(([type, of]) => ({ type, schema: fieldsOf(fieldsOf(of).schema) }))
}
