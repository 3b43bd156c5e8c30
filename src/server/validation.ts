// One contract per shape: compiles the routes' schemas, each when it is first met, once a process. Bodies are taken as they are and unknown keys refused; queries and paths,
// which are text on the wire, are coerced. Must stay true: a number in an address is written in plain decimal digits and nothing else.
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import buildSerializer from 'fast-json-stringify'
import type { FastifySchemaCompiler, FastifySerializerCompiler } from 'fastify'
import type { TSchema } from 'typebox'

const DATE_TIME =
  /^(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/

const FORMATS = {
  'date-time': isDateTime,
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  uri: /^[a-z][a-z0-9+.-]*:\S+$/i,
}

/** At most 15 digits, so that every number of this form is exact. */
const PLAIN_INTEGER = /^-?(0|[1-9]\d{0,14})$/
const PLAIN_NUMBER = /^-?(0|[1-9]\d{0,14})(\.\d{1,15})?$/

const ajvOptions = { useDefaults: true, allErrors: false, removeAdditional: false, formats: FORMATS } as const
const strict = new Ajv({ ...ajvOptions, coerceTypes: false })
const coercing = new Ajv({ ...ajvOptions, coerceTypes: true })

/** Fastify reads the reasons from the function, as Ajv writes them. */
interface Check {
  (value: unknown): boolean
  errors?: ErrorObject[] | null
}

/** The validator compiler of the app. */
export function validatorCompiler({
  schema,
  httpPart,
}: Pick<Parameters<FastifySchemaCompiler<TSchema>>[0], 'schema' | 'httpPart'>): Check {
  return httpPart === 'body' ? bodyCheck(schema) : textCheck(schema)
}

const bodyCheck = oncePerSchema((schema): Check => {
  const validate = whenMet(() => strict.compile(schema))
  const check: Check = (value) => answer(check, validate(), value)
  return check
})

const textCheck = oncePerSchema((schema): Check => {
  const validate = whenMet(() => coercing.compile(schema))
  const numbers = numbersOf(schema)
  const check: Check = (value) => {
    const wrong = numbers.find(({ name, form }) => isOtherThan(form, value, name))
    if (!wrong) return answer(check, validate(), value)
    check.errors = [notANumber(wrong.name)]
    return false
  }
  return check
})

/** The serializer compiler of the app: an answer holds what its shape names and nothing else. */
export const serializerCompiler: FastifySerializerCompiler<TSchema> = ({ schema }) => writerOf(schema)

const writerOf = oncePerSchema((schema) => {
  const write = whenMet(() => buildSerializer(schema))
  return (data: unknown): string => write()(data)
})

function answer(check: Check, validate: ValidateFunction, value: unknown): boolean {
  const isValid = validate(value)
  check.errors = validate.errors ?? null
  return isValid
}

function oncePerSchema<T>(make: (schema: TSchema) => T): (schema: TSchema) => T {
  const known = new WeakMap<TSchema, T>()
  return (schema) => {
    const made = known.get(schema) ?? make(schema)
    known.set(schema, made)
    return made
  }
}

/** Compiling hundreds of shapes takes half a second, which no start and no request should wait for. */
function whenMet<T>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}

function numbersOf(schema: TSchema): { readonly name: string; readonly form: RegExp }[] {
  if (!('properties' in schema) || typeof schema.properties !== 'object' || schema.properties === null)
    return []
  return Object.entries(schema.properties).flatMap(([name, shape]: [string, unknown]) => {
    const type = typeof shape === 'object' && shape !== null && 'type' in shape ? shape.type : undefined
    if (type === 'integer') return [{ name, form: PLAIN_INTEGER }]
    return type === 'number' ? [{ name, form: PLAIN_NUMBER }] : []
  })
}

function isOtherThan(form: RegExp, value: unknown, name: string): boolean {
  if (typeof value !== 'object' || value === null) return false
  const text: unknown = Object.getOwnPropertyDescriptor(value, name)?.value
  return text !== undefined && !(typeof text === 'string' && form.test(text))
}

function notANumber(name: string): ErrorObject {
  return {
    keyword: 'type',
    instancePath: `/${name}`,
    schemaPath: `#/properties/${name}/type`,
    params: {},
    message: 'must be a number in decimal digits',
  }
}

/**
 * RFC 3339, without the leap second: a moment that neither JavaScript nor PostgreSQL can hold is no moment here. Nor is a day
 * the month does not have.
 */
function isDateTime(text: string): boolean {
  const match = DATE_TIME.exec(text)
  if (!match) return false
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])]
  return day <= new Date(Date.UTC(year, month, 0)).getUTCDate() && !Number.isNaN(Date.parse(text))
}
