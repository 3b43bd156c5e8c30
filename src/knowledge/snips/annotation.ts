/**
 * A snip as a W3C Web Annotation (https://www.w3.org/TR/annotation-model/), JSON-LD.
 * Must stay true: positions count code points, as the model says; addresses are those of our own API.
 */
import Type from 'typebox'
import type { Rect, Snip } from './snip.schema.ts'

/** RFC 8118 defines `page=` for PDF; section 4.2.1 of the model names its forerunner. */
const PDF_FRAGMENT = 'http://tools.ietf.org/rfc/rfc8118'
const MEDIA_FRAGMENT = 'http://www.w3.org/TR/media-frags/'

const Selector = Type.Object({ type: Type.String() }, { additionalProperties: true })
export const Annotation = Type.Object(
  {
    '@context': Type.Tuple([
      Type.Literal('http://www.w3.org/ns/anno.jsonld'),
      Type.Object({ panoply: Type.String({ format: 'uri' }) }),
    ]),
    id: Type.String({ format: 'uri' }),
    type: Type.Literal('Annotation'),
    motivation: Type.Array(Type.String()),
    'panoply:seal': Type.Optional(Type.String({ description: 'The seal code; see docs/glossary.md.' })),
    created: Type.String({ format: 'date-time' }),
    modified: Type.String({ format: 'date-time' }),
    creator: Type.Optional(Type.Object({ id: Type.String(), type: Type.String() })),
    /** Left out when nothing was written: an empty list is not valid. */
    body: Type.Optional(
      Type.Array(
        Type.Object({
          type: Type.Literal('TextualBody'),
          value: Type.String(),
          format: Type.Literal('text/plain'),
          purpose: Type.String(),
        }),
      ),
    ),
    target: Type.Object({
      type: Type.Literal('SpecificResource'),
      source: Type.Object({ id: Type.String(), type: Type.Literal('Text'), format: Type.String() }),
      selector: Type.Array(Selector),
    }),
  },
  { $id: 'Annotation' },
)
export type Annotation = Type.Static<typeof Annotation>

interface CodePoints {
  readonly start: number
  readonly end: number
}

/** What an annotation needs beyond the snip. */
export interface AnnotationPlace {
  /** Origin of the region, without a trailing slash. */
  readonly url: string
  readonly codePoints: CodePoints | null
  /** The same on the pages the passage runs on to, in order. */
  readonly continues: readonly { readonly page: number; readonly codePoints: CodePoints }[]
  /** Null while the log does not hold the snip yet. */
  readonly sealCode: string | null
  /** Points. */
  readonly page: { readonly width: number; readonly height: number }
}

/** The annotation that says what the snip says. */
export function annotationOf(snip: Snip, place: AnnotationPlace): Annotation {
  const body = bodiesOf(snip)
  return {
    '@context': ['http://www.w3.org/ns/anno.jsonld', { panoply: `${place.url}/ns#` }],
    id: `${place.url}/v1/snips/${snip.id}`,
    type: 'Annotation',
    motivation: body.length === 0 ? ['highlighting'] : [...new Set(body.map(({ purpose }) => purpose))],
    created: snip.createdAt,
    modified: snip.updatedAt,
    ...(place.sealCode === null ? {} : { 'panoply:seal': place.sealCode }),
    ...(snip.createdBy === null ? {} : { creator: creatorOf(snip.createdBy, place.url) }),
    ...(body.length === 0 ? {} : { body }),
    target: {
      type: 'SpecificResource',
      source: {
        id: `${place.url}/v1/documents/${snip.documentId}/content`,
        type: 'Text',
        format: 'application/pdf',
      },
      selector: selectorsOf(snip, place),
    },
  }
}

function bodiesOf({ insight, note, tags }: Snip): NonNullable<Annotation['body']> {
  const bodies: (readonly [string, string])[] = [
    ['describing', insight],
    ['commenting', note],
    ...tags.map((tag) => ['tagging', tag] as const),
  ]
  return bodies
    .filter(([, value]) => value !== '')
    .map(([purpose, value]) => ({ type: 'TextualBody', value, format: 'text/plain', purpose }))
}

function creatorOf(author: string, url: string): { id: string; type: string } {
  return author.startsWith('per_')
    ? { id: `${url}/v1/people/${author}`, type: 'Person' }
    : { id: `${url}/v1/api-keys/${author}`, type: 'Software' }
}

function selectorsOf(snip: Snip, place: AnnotationPlace): Annotation['target']['selector'] {
  if (snip.kind === 'area') return areaSelectors(snip, place)
  return place.continues.length > 0 ? runningSelectors(snip, place) : textSelectors(snip, place)
}

/** A passage over several pages: its words, and the range from where it begins to where it ends on its last page. */
function runningSelectors(
  { page, quote }: Snip,
  { codePoints, continues }: AnnotationPlace,
): Annotation['target']['selector'] {
  const last = continues.at(-1)
  const at = (on: number, start: number, end: number) => ({
    ...onPage(on),
    refinedBy: { type: 'TextPositionSelector', start, end },
  })
  const words = quote ? [{ type: 'TextQuoteSelector', ...quote }] : []
  const range =
    codePoints && last
      ? [
          {
            type: 'RangeSelector',
            startSelector: at(page, codePoints.start, codePoints.end),
            // A range ends before what its end selects (4.2.9 of the model).
            endSelector: at(last.page, last.codePoints.end, last.codePoints.end),
          },
        ]
      : []
  return [...words, ...range]
}

/** Alternatives, the sturdiest first: the words, where they stand in the text, where they stand on the page. */
function textSelectors(
  { page, quote, rects }: Snip,
  place: AnnotationPlace,
): Annotation['target']['selector'] {
  const within = (refinedBy: object) => ({ ...onPage(page), refinedBy })
  return [
    ...(quote ? [within({ type: 'TextQuoteSelector', ...quote })] : []),
    ...(place.codePoints ? [within({ type: 'TextPositionSelector', ...place.codePoints })] : []),
    ...(rects.length > 0 ? [within({ type: 'SvgSelector', value: svgOf(rects, place.page) })] : []),
  ]
}

function areaSelectors({ page, rects }: Snip, place: AnnotationPlace): Annotation['target']['selector'] {
  return rects.flatMap((rect) => [
    {
      ...onPage(page),
      refinedBy: { type: 'FragmentSelector', conformsTo: MEDIA_FRAGMENT, value: percentOf(rect, place.page) },
    },
    { ...onPage(page), refinedBy: { type: 'SvgSelector', value: svgOf([rect], place.page) } },
  ])
}

function onPage(page: number) {
  return { type: 'FragmentSelector', conformsTo: PDF_FRAGMENT, value: `page=${page}` }
}

/** Percent, because a page has no pixels. */
function percentOf({ x, y, width, height }: Rect, page: AnnotationPlace['page']): string {
  const percent = (part: number, whole: number): number => Math.round((part / whole) * 100_000) / 1_000
  return `xywh=percent:${percent(x, page.width)},${percent(y, page.height)},${percent(width, page.width)},${percent(height, page.height)}`
}

function svgOf(rects: readonly Rect[], page: AnnotationPlace['page']): string {
  const shapes = rects.map(
    ({ x, y, width, height }) => `<rect x="${x}" y="${y}" width="${width}" height="${height}"/>`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${page.width} ${page.height}">${shapes.join('')}</svg>`
}
