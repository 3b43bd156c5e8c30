// One contract per shape: compiles the routes' schemas. Bodies are taken as they are and unknown keys refused; queries and paths,
// which are text on the wire, are coerced.
import { Ajv } from 'ajv'
import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'

const FORMATS = {
  'date-time':
    /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/,
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  uri: /^[a-z][a-z0-9+.-]*:\S+$/i,
}

/** The validator compiler of the app. */
export function validatorCompiler(): FastifySchemaCompiler<TSchema> {
  const strict = new Ajv({
    coerceTypes: false,
    useDefaults: true,
    allErrors: false,
    removeAdditional: false,
    formats: FORMATS,
  })
  const coercing = new Ajv({
    coerceTypes: true,
    useDefaults: true,
    allErrors: false,
    removeAdditional: false,
    formats: FORMATS,
  })
  return ({ schema, httpPart }) => (httpPart === 'body' ? strict : coercing).compile(schema)
}
