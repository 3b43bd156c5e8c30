/**
 * The shapes of a document at the API. A document is a file somebody added, with what the reader found in it.
 * Lengths here are the product's promises; the database knows none of them.
 */
import Type from 'typebox'
import { SealState } from '#core/evidence/seal.schema.ts'

const strict = { additionalProperties: false } as const
const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])

export const DocumentId = Type.String({ pattern: '^doc_[0-9a-hjkmnp-tv-z]{26}$' })
export const ActivityId = Type.String({ pattern: '^act_[0-9a-hjkmnp-tv-z]{26}$' })
/** A person (`per_`) or, for what came in with an API key that acts for nobody, the key (`key_`). */
export const AuthorId = Type.String({ pattern: '^(per|key)_[0-9a-hjkmnp-tv-z]{26}$' })
export const Cursor = Type.String({ minLength: 1, maxLength: 512, pattern: '^[A-Za-z0-9_-]+$' })
export const PageNumber = Type.Integer({ minimum: 1, maximum: 100_000 })

export const DocumentState = Type.Union([
  Type.Literal('received'),
  Type.Literal('reading'),
  Type.Literal('ready'),
  Type.Literal('unreadable'),
])

/** Where a document is that was asked for by its address and is not here: on its way, or it did not come. */
export const FetchState = Type.Union([Type.Literal('fetching'), Type.Literal('unfetched')])

/** Why a document is unreadable. Stable: the web app turns each into a sentence. */
export const UnreadableReason = Type.Union([
  Type.Literal('encrypted'),
  Type.Literal('damaged'),
  Type.Literal('no_pages'),
  Type.Literal('too_many_pages'),
  Type.Literal('too_slow'),
  Type.Literal('too_much_memory'),
  Type.Literal('too_much_text'),
  Type.Literal('reader_crashed'),
  Type.Literal('cancelled'),
])
/** Why a document did not come from its address: problem codes. */
const FetchProblem = Type.Union([
  Type.Literal('address_refused'),
  Type.Literal('address_unknown'),
  Type.Literal('address_unreachable'),
  Type.Literal('address_untrusted'),
  Type.Literal('address_timed_out'),
  Type.Literal('address_missing'),
  Type.Literal('address_closed'),
  Type.Literal('address_failed'),
  Type.Literal('empty_file'),
  Type.Literal('not_a_pdf'),
  Type.Literal('file_too_large'),
  Type.Literal('storage_full'),
  Type.Literal('internal'),
])
export const FetchReason = Type.Union([...FetchProblem.anyOf, Type.Literal('cancelled')])
/** `repaired` on a ready document: the file was damaged, and what is shown is what could be saved of it. */
export const DocumentReason = Type.Union([
  ...UnreadableReason.anyOf,
  Type.Literal('repaired'),
  ...FetchProblem.anyOf,
])

export const Document = Type.Object(
  {
    id: DocumentId,
    title: Type.String({
      maxLength: 255,
      description: 'Empty where `seal` is `failed`: it does not open any more.',
    }),
    fileName: Type.String({ maxLength: 255, description: 'Empty as the title.' }),
    contentType: Type.String({ maxLength: 100 }),
    size: Type.Integer({ minimum: 0, description: 'Bytes.' }),
    sha256: nullable(
      Type.String({
        pattern: '^[0-9a-f]{64}$',
        description: 'Null while it is fetched, and where `seal` is `failed`.',
      }),
    ),
    source: nullable(Type.String({ description: 'The address it was fetched from.' })),
    state: Type.Union([...DocumentState.anyOf, ...FetchState.anyOf]),
    reason: nullable(DocumentReason),
    pageCount: nullable(Type.Integer({ minimum: 0 })),
    createdBy: nullable(AuthorId),
    createdAt: Type.String({ format: 'date-time' }),
    updatedBy: nullable(AuthorId),
    updatedAt: Type.String({ format: 'date-time' }),
    snipCount: Type.Integer({ minimum: 0 }),
    activityId: nullable(ActivityId),
    seal: Type.Optional(SealState),
  },
  { ...strict, $id: 'Document' },
)
export type Document = Type.Static<typeof Document>
export type DocumentState = Type.Static<typeof DocumentState>
export type FetchReason = Type.Static<typeof FetchReason>
export type UnreadableReason = Type.Static<typeof UnreadableReason>
export type DocumentReason = Type.Static<typeof DocumentReason>

export const DocumentList = Type.Object(
  { items: Type.Array(Document), next: nullable(Cursor), total: Type.Integer({ minimum: 0 }) },
  strict,
)
export type DocumentList = Type.Static<typeof DocumentList>

export const DocumentSort = Type.Union([
  Type.Literal('-createdAt'),
  Type.Literal('createdAt'),
  Type.Literal('-updatedAt'),
  Type.Literal('updatedAt'),
  Type.Literal('title'),
  Type.Literal('-title'),
  Type.Literal('size'),
  Type.Literal('-size'),
  Type.Literal('pageCount'),
  Type.Literal('-pageCount'),
  Type.Literal('snipCount'),
  Type.Literal('-snipCount'),
])
export type DocumentSort = Type.Static<typeof DocumentSort>

export const DocumentQuery = Type.Object(
  {
    cursor: Type.Optional(Cursor),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
    sort: Type.Optional(DocumentSort),
    state: Type.Optional(DocumentState),
    q: Type.Optional(Type.String({ maxLength: 200, description: 'Part of a title or a file name.' })),
  },
  strict,
)
export type DocumentQuery = Type.Static<typeof DocumentQuery>

export const DocumentParams = Type.Object({ id: DocumentId }, strict)
export const DocumentPageParams = Type.Object({ id: DocumentId, page: PageNumber }, strict)
export const PageImageQuery = Type.Object(
  {
    width: Type.Optional(Type.Integer({ minimum: 16, maximum: 2400, default: 1280, description: 'Pixels.' })),
  },
  strict,
)

export const AddByAddress = Type.Object(
  {
    url: Type.String({
      minLength: 1,
      maxLength: 2048,
      description: 'The address of a PDF of up to 100 MB.',
      examples: ['https://papers.example/2027/cooling.pdf'],
    }),
    title: Type.Optional(Type.String({ maxLength: 255 })),
  },
  strict,
)
export type AddByAddress = Type.Static<typeof AddByAddress>

export const RenameDocument = Type.Object(
  { title: Type.String({ minLength: 1, maxLength: 255, examples: ['Cooling, third report'] }) },
  strict,
)
export type RenameDocument = Type.Static<typeof RenameDocument>

export const DocumentPage = Type.Object(
  {
    page: PageNumber,
    width: Type.Number({ description: 'PDF points, as shown (rotation applied).' }),
    height: Type.Number(),
    hasText: Type.Boolean(),
  },
  strict,
)
export const DocumentPageList = Type.Object(
  { items: Type.Array(DocumentPage), next: nullable(Cursor) },
  strict,
)
export type DocumentPageList = Type.Static<typeof DocumentPageList>
export const DocumentPageQuery = Type.Object(
  {
    cursor: Type.Optional(Cursor),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 20_000, default: 20_000 })),
  },
  strict,
)

/** `from` and `to` are page numbers, both included; at most 200 pages are answered at once. */
export const DocumentTextQuery = Type.Object(
  { from: Type.Optional(PageNumber), to: Type.Optional(PageNumber) },
  strict,
)
export const DocumentText = Type.Object(
  {
    items: Type.Array(Type.Object({ page: PageNumber, text: Type.String() }, strict)),
    next: nullable(PageNumber),
  },
  strict,
)
export type DocumentText = Type.Static<typeof DocumentText>
