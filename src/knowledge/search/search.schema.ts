/** The shapes of a search over documents and snips: ranked hits, each with the passage that matched. */
import Type from 'typebox'
import { AuthorId, DocumentId, PageNumber } from '../documents/document.schema.ts'
import { SnipId } from '../snips/snip.schema.ts'

const strict = { additionalProperties: false } as const
const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])

export const SearchKind = Type.Union([Type.Literal('document'), Type.Literal('snip')])
export type SearchKind = Type.Static<typeof SearchKind>

export const SearchQuery = Type.Object(
  {
    q: Type.String({ minLength: 1, maxLength: 500, examples: ['cooling pump'] }),
    kind: Type.Optional(SearchKind),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
  },
  strict,
)
export type SearchQuery = Type.Static<typeof SearchQuery>

/** One hit. A document hit is a page of it, or `page: null` when only its title matched. */
export const SearchHit = Type.Object(
  {
    kind: SearchKind,
    id: Type.Union([DocumentId, SnipId]),
    documentId: DocumentId,
    page: nullable(PageNumber),
    title: Type.String({ description: 'Empty where it does not open any more.' }),
    passage: Type.Array(Type.Object({ text: Type.String(), match: Type.Boolean() }, strict), {
      description: 'Empty where it does not open any more.',
    }),
    score: Type.Number(),
    createdBy: nullable(AuthorId),
    createdAt: Type.String({ format: 'date-time' }),
  },
  strict,
)
export type SearchHit = Type.Static<typeof SearchHit>

export const SearchAnswer = Type.Object(
  {
    items: Type.Array(SearchHit),
    total: Type.Integer({ minimum: 0 }),
    suggestion: nullable(Type.String()),
  },
  strict,
)
export type SearchAnswer = Type.Static<typeof SearchAnswer>
