// Turns the reader's selection into a draft of a snip: quote with context and rectangles, page by page.
import type { PageSize } from '../app/records.ts'
import { mergeLines, quoteOf, tidyQuote, toPoints } from './page-geometry.ts'
import type { SnipDraft } from './snip-draft.ts'

/** Text of a range with the line breaks of the page, which the text layer keeps as <br>. */
export function textOfRange(range: Range): string {
  let text = ''
  const walker = document.createTreeWalker(
    range.cloneContents(),
    NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT,
  )
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node instanceof Text) text += node.data
    else if (node.nodeName === 'BR') text += '\n'
  }
  return text
}

function pageElementOf(node: Node): HTMLElement | null {
  const element = node instanceof Element ? node : node.parentElement
  return element?.closest<HTMLElement>('[data-page]') ?? null
}

/** As many pages as the server takes for one passage. */
const mostPages = 10

interface PagePart {
  page: HTMLElement
  layer: Element
  size: PageSize
  range: Range
}

/** The part of a range on each page it touches, in order. */
function partsOf(range: Range, sizes: readonly PageSize[]): PagePart[] {
  const desk = range.commonAncestorContainer
  const within = pageElementOf(desk)
  const pages = within
    ? [within]
    : desk instanceof Element
      ? [...desk.querySelectorAll<HTMLElement>('[data-page]')]
      : []
  return pages.flatMap((page) => {
    const layer = page.querySelector('.textLayer')
    const size = sizes[Number(page.dataset.page) - 1]
    if (!layer || !size || !range.intersectsNode(layer)) return []
    const part = document.createRange()
    part.selectNodeContents(layer)
    if (layer.contains(range.startContainer)) part.setStart(range.startContainer, range.startOffset)
    if (layer.contains(range.endContainer)) part.setEnd(range.endContainer, range.endOffset)
    return textOfRange(part).trim() === '' ? [] : [{ page, layer, size, range: part }]
  })
}

function rectsOf({ page, size, range }: PagePart, zoom: number) {
  return toPoints(mergeLines([...range.getClientRects()]), page.getBoundingClientRect(), zoom, size)
}

/** The draft for what is selected now, or null when that is not text of pages that follow each other. */
export function draftOfSelection(
  selection: Selection | null,
  sizes: readonly PageSize[],
  zoom: number,
): SnipDraft | null {
  if (!selection || selection.isCollapsed || selection.rangeCount === 0) return null
  const range = selection.getRangeAt(0)
  const [first, ...more] = partsOf(range, sizes).slice(0, mostPages)
  if (!first) return null
  const before = document.createRange()
  before.setStart(first.layer, 0)
  before.setEnd(first.range.startContainer, first.range.startOffset)
  const after = document.createRange()
  after.setStart(first.range.endContainer, first.range.endOffset)
  after.setEnd(first.layer, first.layer.childNodes.length)
  return {
    kind: 'text',
    page: first.size.page,
    quote: quoteOf(textOfRange(before), textOfRange(first.range), textOfRange(after)),
    rects: rectsOf(first, zoom),
    continues: more
      .filter((part, index) => part.size.page === first.size.page + index + 1)
      .map((part) => ({
        page: part.size.page,
        exact: tidyQuote(textOfRange(part.range)),
        rects: rectsOf(part, zoom),
      })),
  }
}
