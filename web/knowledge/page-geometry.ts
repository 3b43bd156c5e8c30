// Positions on pages: which zoom, which rectangles a selection covers, what stands before and after a quote.
// Must stay true: pure; rectangles are PDF points of the page as shown, origin top left.
import type { PageSize, SnipRect } from '../app/records.ts'

export const pageGap = 16
/** No scroller of any browser is reliable above this height. */
const tallestScroll = 16_000_000

/** The height of all pages with their gaps at a zoom, in pixels. */
export function deskHeight(pages: readonly PageSize[], zoom: number): number {
  return pages.reduce((sum, page) => sum + page.height * zoom + pageGap, pageGap)
}

/** Where a page begins on the desk, in pixels; pages count from 1. */
export function pageTop(pages: readonly PageSize[], page: number, zoom: number): number {
  return deskHeight(pages.slice(0, page - 1), zoom)
}

/** What stands at a height of the desk: the page and how far down it is, in points. */
export function placeAt(
  pages: readonly PageSize[],
  height: number,
  zoom: number,
): { page: number; top: number } {
  let start = pageGap
  for (const { page, height: pageHeight } of pages) {
    const next = start + pageHeight * zoom + pageGap
    if (next > height || page === pages.length) return { page, top: (height - start) / zoom }
    start = next
  }
  return { page: 1, top: 0 }
}

export const zoomSteps = [0.5, 0.67, 0.8, 1, 1.25, 1.5, 2, 3, 4] as const

/** The zoom that fits the widest page into a width; pages never grow above 1.75 by themselves. */
export function fitZoom(pages: readonly PageSize[], width: number): number {
  const widest = Math.max(1, ...pages.slice(0, 200).map((page) => page.width))
  return Math.max(0.2, Math.min(1.75, width / widest))
}

/** The largest zoom at which the whole document can still be scrolled. */
export function largestZoom(pages: readonly PageSize[]): number {
  const height = pages.reduce((sum, page) => sum + page.height, 0)
  const room = tallestScroll - pages.length * pageGap
  return Math.max(0.2, Math.min(4, room / Math.max(1, height)))
}

/** The next zoom in or out of a current one. */
export function stepZoom(current: number, direction: 'in' | 'out', largest: number): number {
  if (direction === 'in') return Math.min(largest, zoomSteps.find((step) => step > current + 0.01) ?? largest)
  return zoomSteps.findLast((step) => step < current - 0.01) ?? zoomSteps[0]
}

interface Box {
  left: number
  top: number
  right: number
  bottom: number
}

/** Joins the boxes of a selection line by line, so that a passage is marked by one rectangle a line. */
export function mergeLines(boxes: readonly Box[]): Box[] {
  const lines: Box[] = []
  const sorted = boxes
    .filter((box) => box.right - box.left > 0.5 && box.bottom - box.top > 0.5)
    .sort((a, b) => a.top - b.top || a.left - b.left)
  for (const box of sorted) {
    const height = box.bottom - box.top
    const line = lines.find((known) => {
      const overlap = Math.min(known.bottom, box.bottom) - Math.max(known.top, box.top)
      const near = box.left <= known.right + height * 1.5 && box.right >= known.left - height * 1.5
      return near && overlap > Math.min(height, known.bottom - known.top) * 0.5
    })
    if (line) {
      line.left = Math.min(line.left, box.left)
      line.top = Math.min(line.top, box.top)
      line.right = Math.max(line.right, box.right)
      line.bottom = Math.max(line.bottom, box.bottom)
    } else lines.push({ left: box.left, top: box.top, right: box.right, bottom: box.bottom })
  }
  return lines
}

const rounded = (value: number) => Math.round(value * 100) / 100

/** Screen boxes to rectangles in points, cut at the edges of the page. */
export function toPoints(
  boxes: readonly Box[],
  page: Box,
  zoom: number,
  size: { width: number; height: number },
): SnipRect[] {
  return boxes
    .map((box) => {
      const left = Math.max(0, (box.left - page.left) / zoom)
      const top = Math.max(0, (box.top - page.top) / zoom)
      const right = Math.min(size.width, (box.right - page.left) / zoom)
      const bottom = Math.min(size.height, (box.bottom - page.top) / zoom)
      return {
        x: rounded(left),
        y: rounded(top),
        width: rounded(right - left),
        height: rounded(bottom - top),
      }
    })
    .filter((rect) => rect.width > 0 && rect.height > 0)
}

/** The rectangle between two corners, whichever way it was drawn, cut at the edges of the page. */
export function drawnRect(
  from: { x: number; y: number },
  to: { x: number; y: number },
  size: { width: number; height: number },
): SnipRect {
  const within = (value: number, most: number) => Math.max(0, Math.min(most, value))
  const left = within(Math.min(from.x, to.x), size.width)
  const top = within(Math.min(from.y, to.y), size.height)
  return {
    x: rounded(left),
    y: rounded(top),
    width: rounded(within(Math.max(from.x, to.x), size.width) - left),
    height: rounded(within(Math.max(from.y, to.y), size.height) - top),
  }
}

/** White space as one blank, soft hyphens at line ends closed up. */
export function tidyQuote(text: string): string {
  return text
    .replace(/\u00ad\s*/g, '')
    .replace(/\s+/g, ' ')
    .trim()
}

/** The quote with up to 32 characters of what stands before and after it. */
export function quoteOf(before: string, exact: string, after: string) {
  return {
    exact: tidyQuote(exact).slice(0, 20_000),
    prefix: before.replace(/\s+/g, ' ').slice(-32),
    suffix: after.replace(/\s+/g, ' ').slice(0, 32),
  }
}

/** How far apart flags at the edge of a page stand at least, in pixels, so that each can be hit. */
const flagStep = 28

/** Where flags stand that want to be at these heights: in their order, none upon another. The answer is in the order given. */
export function spreadFlags(heights: readonly number[]): number[] {
  const placed = new Array<number>(heights.length).fill(0)
  let lowest = Number.NEGATIVE_INFINITY
  for (const [index, height] of [...heights.entries()].toSorted((a, b) => a[1] - b[1])) {
    lowest = Math.max(height, lowest + flagStep)
    placed[index] = lowest
  }
  return placed
}
