// Turns the reader's selection into a draft of a snip: quote with context and rectangles of one page.
import type { PageSize } from '../app/records.ts'
import { mergeLines, quoteOf, toPoints } from './page-geometry.ts'
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

/** The draft for what is selected now, or null when that is not text of a page. A passage over two pages is cut at the first. */
export function draftOfSelection(
  selection: Selection | null,
  sizes: readonly PageSize[],
  zoom: number,
): SnipDraft | null {
  if (!selection || selection.isCollapsed || selection.rangeCount === 0) return null
  const range = selection.getRangeAt(0).cloneRange()
  const page = pageElementOf(range.startContainer)
  const layer = page?.querySelector('.textLayer')
  const size = sizes[Number(page?.dataset.page) - 1]
  if (!page || !layer || !size || !layer.contains(range.startContainer)) return null
  if (!layer.contains(range.endContainer)) range.setEnd(layer, layer.childNodes.length)
  const exact = textOfRange(range)
  if (exact.trim() === '') return null
  const before = document.createRange()
  before.setStart(layer, 0)
  before.setEnd(range.startContainer, range.startOffset)
  const after = document.createRange()
  after.setStart(range.endContainer, range.endOffset)
  after.setEnd(layer, layer.childNodes.length)
  const boxes = mergeLines([...range.getClientRects()])
  return {
    kind: 'text',
    page: size.page,
    quote: quoteOf(textOfRange(before), exact, textOfRange(after)),
    rects: toPoints(boxes, page.getBoundingClientRect(), zoom, size),
  }
}
