// Errors as callers see them (RFC 9457): a code, a title, what happened; never a cause, a stack or a value that was sent.
import type { FastifyError } from 'fastify'
import Type from 'typebox'
import { ERROR_CODES, type ErrorCode, PublicError } from '#core/errors.ts'
import { SealBroken } from '#core/keys/seal-broken.ts'

export const Problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.String(),
    detail: Type.String(),
    requestId: Type.String(),
    details: Type.Record(Type.String(), Type.Unknown()),
  },
  { additionalProperties: false, $id: 'Problem' },
)

const FRAMEWORK_CODES: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_REQ_FILE_TOO_LARGE: 'file_too_large',
  FST_FILES_LIMIT: 'invalid_request',
  FST_PARTS_LIMIT: 'invalid_request',
  FST_FIELDS_LIMIT: 'invalid_request',
  FST_PROTO_VIOLATION: 'invalid_request',
  FST_INVALID_MULTIPART_CONTENT_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'invalid_request',
  FST_ERR_CTP_INVALID_JSON_BODY: 'invalid_request',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'invalid_request',
  FST_ERR_BAD_URL: 'invalid_request',
  FST_ERR_MAX_PARAM_LENGTH: 'not_found',
  FST_ERR_ASYNC_CONSTRAINT: 'not_found',
  // A path that leaves the folder, or hides a byte in a name.
  FST_STATIC_FORBIDDEN_PATH: 'not_found',
}

/** The public face of any error; undefined when it is a bug of ours. */
export function publicErrorOf(error: FastifyError | Error): PublicError | undefined {
  if (error instanceof PublicError) return error
  if (error instanceof SealBroken) return new PublicError('damaged', undefined, { cause: error })
  if ('validation' in error && error.validation) {
    const places = error.validation.map((issue) => ({
      path: `${('validationContext' in error && error.validationContext) || 'request'}${issue.instancePath}`,
      message: issue.message ?? 'is not valid',
      ...(issue.keyword === 'additionalProperties'
        ? { key: String(issue.params.additionalProperty).slice(0, 100) }
        : {}),
    }))
    return new PublicError('invalid_request', undefined, { details: { places }, cause: error })
  }
  const code = 'code' in error && typeof error.code === 'string' ? FRAMEWORK_CODES[error.code] : undefined
  if (code) return new PublicError(code, undefined, { cause: error })
  if (error instanceof SyntaxError && 'statusCode' in error && error.statusCode === 400) {
    return new PublicError('invalid_request', 'The body is not JSON.', { cause: error })
  }
  return undefined
}

/** The body of an error answer. */
export function problemOf(error: PublicError, requestId: string) {
  return {
    type: `/docs/errors#${error.code}`,
    title: ERROR_CODES[error.code].title,
    status: error.status,
    code: error.code,
    detail: error.message,
    requestId,
    details: error.details,
  }
}
