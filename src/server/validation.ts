// One contract per shape: compiles the routes' schemas. Bodies are taken as they are and unknown keys refused; queries and paths,
// which are text on the wire, are coerced. Must stay true: a number in an address is written in plain decimal digits and nothing else.
import { Ajv, type ErrorObject } from 'ajv'
import type { FastifySchemaCompiler } from 'fastify'
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

/** The validator compiler of the app. */
export function validatorCompiler(): FastifySchemaCompiler<TSchema> {
  const options = { useDefaults: true, allErrors: false, removeAdditional: false, formats: FORMATS } as const
  const strict = new Ajv({ ...options, coerceTypes: false })
  const coercing = new Ajv({ ...options, coerceTypes: true })
  return ({ schema, httpPart }) => {
    if (httpPart === 'body') return strict.compile(schema)
    const validate = coercing.compile(schema)
    const numbers = numbersOf(schema)
    // Fastify reads the reasons from the function, as Ajv writes them.
    const check: { (value: unknown): boolean; errors?: ErrorObject[] | null } = (value) => {
      const wrong = numbers.find(({ name, form }) => isOtherThan(form, value, name))
      if (wrong) {
        check.errors = [notANumber(wrong.name)]
        return false
      }
      const isValid = validate(value)
      check.errors = validate.errors ?? null
      return isValid
    }
    return check
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
