// Marks what was found on a page with the browser's own highlights, without touching the text layer.
import { findAll } from './find-text.ts'
import type { FindHit } from './use-find.ts'

/** A range over the text nodes of a layer from one text offset to another. */
function rangeOf(nodes: readonly Text[], start: number, end: number): Range | null {
  const range = document.createRange()
  let at = 0
  let isStarted = false
  for (const node of nodes) {
    const next = at + node.length
    if (!isStarted && start < next) {
      range.setStart(node, start - at)
      isStarted = true
    }
    if (isStarted && end <= next) {
      range.setEnd(node, end - at)
      return range
    }
    at = next
  }
  return null
}

/** Text of the layer: nodes with a blank for every line break, so that words of two lines do not run together. */
function textOf(layer: HTMLElement): { text: string; nodes: Text[]; shifts: number[] } {
  const walker = document.createTreeWalker(layer, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT)
  const nodes: Text[] = []
  const shifts: number[] = []
  let text = ''
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node instanceof Text) {
      nodes.push(node)
      text += node.data
    } else if (node.nodeName === 'BR') {
      shifts.push(text.length)
      text += '\n'
    }
  }
  return { text, nodes, shifts }
}

/** Marks every hit of the query on this page; scrolls the current one into view. The answer unmarks them. */
export function showFound(
  layer: HTMLElement,
  page: number,
  query: string,
  current: FindHit | null,
): () => void {
  const registry = CSS.highlights
  if (!registry || query.trim() === '') return () => undefined
  const { text, nodes, shifts } = textOf(layer)
  const withoutBreaks = (offset: number) => offset - shifts.filter((shift) => shift < offset).length
  const ranges = findAll(text, query)
    .map(({ start, end }) => rangeOf(nodes, withoutBreaks(start), withoutBreaks(end)))
    .filter((range) => range !== null)
  const all = registry.get('found') ?? new Highlight()
  const chosen = registry.get('found-current') ?? new Highlight()
  chosen.priority = 1
  registry.set('found', all)
  registry.set('found-current', chosen)
  for (const range of ranges) all.add(range)
  const target = current?.page === page ? (ranges[current.ordinal] ?? ranges.at(-1)) : undefined
  if (target) {
    chosen.add(target)
    target.startContainer.parentElement?.scrollIntoView({ block: 'center', inline: 'nearest' })
  }
  return () => {
    for (const range of ranges) all.delete(range)
    if (target) chosen.delete(target)
  }
}
