/**
 * The shapes of a snip at the API: a passage or a rectangle of one page, with what a person makes of it.
 * Rectangles are in PDF points of the page as it is shown, origin top left, so a viewer needs no page matrix.
 */
import Type from 'typebox'
import { SealState } from '#core/evidence/seal.schema.ts'
import { AuthorId, Cursor, DocumentId, PageNumber } from '../documents/document.schema.ts'

const strict = { additionalProperties: false } as const
const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])

export const SnipId = Type.String({ pattern: '^snp_[0-9a-hjkmnp-tv-z]{26}$' })
export const SnipKind = Type.Union([Type.Literal('text'), Type.Literal('area')])
export type SnipKind = Type.Static<typeof SnipKind>

const coordinate = Type.Number({ minimum: -100_000, maximum: 100_000 })
const extent = Type.Number({ minimum: 0, maximum: 100_000 })
export const Rect = Type.Object({ x: coordinate, y: coordinate, width: extent, height: extent }, strict)
export type Rect = Type.Static<typeof Rect>

export const Quote = Type.Object(
  {
    exact: Type.String({ minLength: 1, maxLength: 20_000 }),
    prefix: Type.String({ maxLength: 64 }),
    suffix: Type.String({ maxLength: 64 }),
  },
  strict,
)
export type Quote = Type.Static<typeof Quote>

/** Where a passage stands in the text of a page: UTF-16 indices. */
const Position = Type.Object(
  { start: Type.Integer({ minimum: 0 }), end: Type.Integer({ minimum: 0 }) },
  strict,
)

/** The part of a passage that stands on a page after its first. */
const Continuation = Type.Object(
  { page: PageNumber, position: Position, rects: Type.Array(Rect) },
  { ...strict, description: 'A passage that runs over the end of its page goes on here.' },
)
/** More pages than a person reads as one passage. */
const MOST_PAGES = 10

const Insight = Type.String({
  maxLength: 2_000,
  examples: ['The second loop needs nobody when the pressure falls.'],
})
const Note = Type.String({ maxLength: 20_000 })
const Tag = Type.String({ minLength: 1, maxLength: 64 })
const Tags = Type.Array(Tag, { maxItems: 32 })

export const Snip = Type.Object(
  {
    id: SnipId,
    documentId: DocumentId,
    documentTitle: Type.String({ description: 'Empty where that of the document does not open any more.' }),
    page: PageNumber,
    kind: SnipKind,
    quote: nullable(Quote),
    position: nullable(Position),
    rects: Type.Array(Rect),
    continues: Type.Array(Continuation),
    insight: Insight,
    note: Note,
    tags: Type.Array(Tag),
    hasImage: Type.Boolean(),
    seal: Type.Optional(SealState),
    createdBy: nullable(AuthorId),
    createdAt: Type.String({ format: 'date-time' }),
    updatedBy: nullable(AuthorId),
    updatedAt: Type.String({ format: 'date-time' }),
  },
  {
    ...strict,
    $id: 'Snip',
    description: 'Where `seal` is `failed`, what does not open any more is empty or null.',
  },
)
export type Snip = Type.Static<typeof Snip>

/**
 * A text snip needs `quote`, an area snip one of `rects`. Rects of a text snip tell equal passages of a page apart.
 * A passage over several pages: `quote` is its part on `page`, `continues` its parts on the pages that follow, in order.
 */
export const CaptureSnip = Type.Object(
  {
    documentId: DocumentId,
    page: PageNumber,
    kind: SnipKind,
    quote: Type.Optional(
      Type.Object(
        {
          exact: Type.String({ minLength: 1, maxLength: 20_000 }),
          prefix: Type.Optional(Type.String({ maxLength: 500 })),
          suffix: Type.Optional(Type.String({ maxLength: 500 })),
        },
        strict,
      ),
    ),
    rects: Type.Optional(Type.Array(Rect, { maxItems: 500 })),
    continues: Type.Optional(
      Type.Array(
        Type.Object(
          {
            page: PageNumber,
            exact: Type.String({ minLength: 1, maxLength: 20_000 }),
            rects: Type.Optional(Type.Array(Rect, { maxItems: 500 })),
          },
          strict,
        ),
        { maxItems: MOST_PAGES - 1 },
      ),
    ),
    insight: Type.Optional(Insight),
    note: Type.Optional(Note),
    tags: Type.Optional(Tags),
  },
  {
    ...strict,
    examples: [
      {
        documentId: 'doc_01j9zr4v7c8e6m2k5q3x0w1ybn',
        page: 1,
        kind: 'text',
        quote: { exact: 'a passage as it stands on the page' },
        insight: 'What it tells me, in a sentence.',
      },
    ],
  },
)
export type CaptureSnip = Type.Static<typeof CaptureSnip>

export const UpdateSnip = Type.Object(
  { insight: Type.Optional(Insight), note: Type.Optional(Note), tags: Type.Optional(Tags) },
  { ...strict, minProperties: 1 },
)
export type UpdateSnip = Type.Static<typeof UpdateSnip>

export const SnipParams = Type.Object({ id: SnipId }, strict)
export const SnipQuery = Type.Object(
  {
    documentId: Type.Optional(DocumentId),
    tag: Type.Optional(Tag),
    author: Type.Optional(AuthorId),
    cursor: Type.Optional(Cursor),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
  },
  strict,
)
export type SnipQuery = Type.Static<typeof SnipQuery>

export const SnipList = Type.Object({ items: Type.Array(Snip), next: nullable(Cursor) }, strict)
export type SnipList = Type.Static<typeof SnipList>

export const TagList = Type.Object(
  { items: Type.Array(Type.Object({ tag: Tag, count: Type.Integer({ minimum: 1 }) }, strict)) },
  strict,
)
export type TagList = Type.Static<typeof TagList>
