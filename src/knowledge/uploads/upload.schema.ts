/** The shapes of an upload at the API: a file that arrives in as many requests as it takes (tus 1.0.0). */
import Type from 'typebox'
import { DocumentId } from '../documents/document.schema.ts'

const strict = { additionalProperties: false } as const
const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])

export const UploadId = Type.String({ pattern: '^upl_[0-9a-hjkmnp-tv-z]{26}$' })
export const UploadParams = Type.Object({ id: Type.String({ minLength: 1, maxLength: 100 }) }, strict)

export const Upload = Type.Object(
  {
    id: UploadId,
    fileName: Type.String({ maxLength: 255 }),
    size: Type.Integer({ minimum: 1, description: 'Bytes of the whole file.' }),
    offset: Type.Integer({ minimum: 0, description: 'Bytes that are safe here.' }),
    modifiedAt: nullable(
      Type.Integer({ minimum: 0, description: 'Milliseconds since 1970, as the device said.' }),
    ),
    isReceiving: Type.Boolean({ description: 'A request is sending bytes of it now.' }),
    documentId: nullable(DocumentId),
    isDuplicate: Type.Boolean({
      description: 'The same bytes were here before; `documentId` is that document.',
    }),
    createdAt: Type.String({ format: 'date-time' }),
    updatedAt: Type.String({ format: 'date-time' }),
    expiresAt: Type.String({ format: 'date-time' }),
  },
  { ...strict, $id: 'Upload' },
)
export type Upload = Type.Static<typeof Upload>

export const UploadList = Type.Object({ items: Type.Array(Upload) }, strict)
export type UploadList = Type.Static<typeof UploadList>

/** Bytes in decimal digits. */
const Count = Type.String({ pattern: '^(0|[1-9][0-9]{0,14})$' })
const Resumable = Type.Optional(
  Type.String({ description: '`1.0.0`; without it nothing is done.', maxLength: 100 }),
)
const Checksum = Type.Optional(
  Type.String({
    description: '`sha256` or `sha1`, a space, the digest of this body in base64.',
    maxLength: 200,
  }),
)

export const VersionFields = Type.Object({ 'tus-resumable': Resumable })

export const StartFields = Type.Object({
  'tus-resumable': Resumable,
  'upload-length': Type.Optional(Count),
  'upload-defer-length': Type.Optional(
    Type.String({ description: 'Refused: the length is said first.', maxLength: 10 }),
  ),
  'upload-metadata': Type.Optional(
    Type.String({
      description: 'Keys and base64: `filename` or `name`, `title`, `lastmodified`, `filetype` or `type`.',
      maxLength: 8192,
    }),
  ),
  'upload-checksum': Checksum,
})
export type StartFields = Type.Static<typeof StartFields>

export const ReceiveFields = Type.Object({
  'tus-resumable': Resumable,
  'upload-offset': Type.Optional(Count),
  'upload-checksum': Checksum,
})
export type ReceiveFields = Type.Static<typeof ReceiveFields>

/** The bytes of a request. */
export const UploadBytes = Type.String({
  format: 'binary',
  description: 'Bytes of the file from the offset on.',
})
