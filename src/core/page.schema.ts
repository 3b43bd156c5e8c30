// The query of a list that is read page by page.
import Type from 'typebox'

/** `cursor` is the `next` of the page before; it holds ids and counts only. */
export const Cursor = Type.String({ minLength: 1, maxLength: 200, pattern: '^[A-Za-z0-9_-]+$' })
export const PageLimit = Type.Integer({ minimum: 1, maximum: 200, default: 50 })
export const page = { cursor: Type.Optional(Cursor), limit: Type.Optional(PageLimit) } as const

/** The query of a list without filters. */
export const PageQuery = Type.Object(page, { additionalProperties: false })
export type PageQuery = Type.Static<typeof PageQuery>
