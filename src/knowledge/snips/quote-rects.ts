/** Where a stretch of a page's text stands, and which text stands in a rectangle. Points, origin top left. */
import type { Rect } from './snip.schema.ts'

/** [first index, left, top, height, advance, …], tenths of a point; see documents/pdf-frames.ts. */
export type PageRun = readonly number[]

interface PlacedUnit {
  readonly index: number
  readonly left: number
  readonly right: number
}

/** One rectangle a line (or a part of one) of the text from `start` to `end`. */
export function rectsOf(runs: readonly PageRun[], { start, end }: { start: number; end: number }): Rect[] {
  const rects: Rect[] = []
  for (const run of runs) {
    const units = unitsOf(run).filter(({ index }) => index >= start && index < end)
    const [first, last] = [units[0], units.at(-1)]
    if (!first || !last) continue
    const rect = rectOf(run, first.left, last.right)
    const before = rects.at(-1)
    if (before && isSameLine(before, rect)) widen(before, rect)
    else rects.push(rect)
  }
  return rects
}

/** The text whose characters have their middle inside the rectangle, run by run. */
export function textInside(text: string, runs: readonly PageRun[], area: Rect): string {
  const parts: string[] = []
  let end = 0
  for (const run of runs) {
    const { y, height } = rectOf(run, 0, 0)
    if (y + height / 2 < area.y || y + height / 2 > area.y + area.height) continue
    const units = unitsOf(run).filter(({ left, right }) => {
      const middle = (left + right) / 20
      return middle >= area.x && middle <= area.x + area.width
    })
    const [first, last] = [units[0], units.at(-1)]
    if (!first || !last) continue
    if (parts.length > 0)
      parts.push(
        /^\s*$/.test(text.slice(end, first.index)) && end <= first.index ? text.slice(end, first.index) : ' ',
      )
    end = last.index + 1
    parts.push(text.slice(first.index, end))
  }
  return parts.join('')
}

/** How much of `a` lies in `b`, 0 to 1. */
export function sharedArea(a: readonly Rect[], b: readonly Rect[]): number {
  const whole = a.reduce((sum, rect) => sum + rect.width * rect.height, 0)
  let shared = 0
  for (const one of a) {
    for (const other of b) {
      const width = Math.min(one.x + one.width, other.x + other.width) - Math.max(one.x, other.x)
      const height = Math.min(one.y + one.height, other.y + other.height) - Math.max(one.y, other.y)
      if (width > 0 && height > 0) shared += width * height
    }
  }
  return whole === 0 ? 0 : Math.min(1, shared / whole)
}

function unitsOf(run: PageRun): PlacedUnit[] {
  const [first = 0, left = 0] = run
  let x = left
  return run.slice(4).map((advance, offset) => {
    const unit = { index: first + offset, left: x, right: x + advance }
    x += advance
    return unit
  })
}

function rectOf(run: PageRun, left: number, right: number): Rect {
  const [, , top = 0, height = 0] = run
  return { x: left / 10, y: top / 10, width: (right - left) / 10, height: height / 10 }
}

function isSameLine(a: Rect, b: Rect): boolean {
  const overlap = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y)
  const gap = Math.max(b.x - (a.x + a.width), a.x - (b.x + b.width))
  return overlap > 0.6 * Math.max(a.height, b.height) && gap < Math.max(a.height, b.height)
}

function widen(rect: Rect, by: Rect): void {
  const right = Math.max(rect.x + rect.width, by.x + by.width)
  const bottom = Math.max(rect.y + rect.height, by.y + by.height)
  rect.x = tenth(Math.min(rect.x, by.x))
  rect.y = tenth(Math.min(rect.y, by.y))
  rect.width = tenth(right - rect.x)
  rect.height = tenth(bottom - rect.y)
}

function tenth(points: number): number {
  return Math.round(points * 10) / 10
}
