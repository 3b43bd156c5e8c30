/**
 * The PDF child: reads one file from standard input, does one task, answers in frames on standard output.
 * Started only by runCapped. Must stay true: it imports only what it may read (the files beside it, pdfium), and says
 * nothing on standard error that quotes the file.
 */
import { readFileSync, writeSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { pageText } from './page-text.ts'
import { type PdfEngine, PdfMemoryFull, startPdfEngine } from './pdf-engine.ts'
import { type PdfFrame, type PdfRefusal, type PdfTask, writeFrame } from './pdf-frames.ts'

const MEMORY_EXIT = 86

function say(frame: PdfFrame, bytes?: Uint8Array): void {
  const all = writeFrame(frame, bytes)
  for (let at = 0; at < all.length; ) at += writeSync(1, all, at)
}

/** All pages from the one wanted, in order; stops with a refusal at the first bound. */
function readPages(
  engine: PdfEngine,
  document: number,
  pages: number,
  task: PdfTask & { do: 'read' },
): PdfRefusal | 'end' {
  const { bounds } = task
  let loaded = task.from > 1 ? 1 : 0
  let characters = 0
  for (let index = task.from - 1; index < pages; index++) {
    const size = engine.sizeOf(document, index) ?? { width: 612, height: 792 }
    const page = engine.load(document, index)
    if (page === 0) {
      say({ kind: 'page', page: index + 1, ...size, text: '', runs: [] })
      continue
    }
    loaded++
    try {
      const { text, runs, isCut } = pageText(
        engine.characters(page, bounds.charactersOfPage + 1),
        bounds.charactersOfPage,
      )
      characters += text.length
      if (isCut || characters > bounds.characters) return 'too_much_text'
      say({ kind: 'page', page: index + 1, ...size, text, runs })
    } finally {
      engine.close(page)
    }
  }
  return loaded === 0 ? 'damaged' : 'end'
}

/** The page, or a part of it, as pixels: `width` across unless that is more than the bound. */
function drawPage(
  engine: PdfEngine,
  document: number,
  task: PdfTask & { do: 'picture' },
): PdfRefusal | 'end' {
  const page = engine.load(document, task.page - 1)
  const size = engine.sizeOf(document, task.page - 1)
  if (page === 0 || !size || !(size.width > 0) || !(size.height > 0)) return 'damaged'
  const part = clip(task.crop ?? { x: 0, y: 0, ...size }, size)
  const wanted = task.width / part.width
  const scale = Math.min(wanted, Math.sqrt(task.bounds.pixels / (part.width * part.height)))
  const pixels = (points: number): number => Math.max(1, Math.floor(points * scale))
  const picture = engine.picture(
    page,
    { across: pixels(size.width), down: pixels(size.height) },
    {
      left: Math.floor(part.x * scale),
      top: Math.floor(part.y * scale),
      width: pixels(part.width),
      height: pixels(part.height),
    },
  )
  engine.close(page)
  say(
    {
      kind: 'picture',
      width: picture.width,
      height: picture.height,
      pageWidth: size.width,
      pageHeight: size.height,
    },
    picture.pixels,
  )
  return 'end'
}

interface Part {
  x: number
  y: number
  width: number
  height: number
}

/** What of the rectangle is on the page; a sliver at least. */
function clip(part: Part, page: { width: number; height: number }): Part {
  const x = Math.min(Math.max(part.x, 0), page.width - 1)
  const y = Math.min(Math.max(part.y, 0), page.height - 1)
  return {
    x,
    y,
    width: Math.max(1, Math.min(part.x + part.width, page.width) - x),
    height: Math.max(1, Math.min(part.y + part.height, page.height) - y),
  }
}

async function work(task: PdfTask): Promise<PdfRefusal | 'end'> {
  const wasm = readFileSync(fileURLToPath(import.meta.resolve('@hyzyla/pdfium/pdfium.wasm')))
  const binary = new ArrayBuffer(wasm.byteLength)
  new Uint8Array(binary).set(wasm)
  const engine = await startPdfEngine(task.bounds.memoryBytes, binary)
  const opened = await engine.open(process.stdin, task.size)
  if ('refused' in opened) return opened.refused
  if (opened.pages < 1) return 'no_pages'
  if (task.do === 'read' && opened.pages > task.bounds.pages) return 'too_many_pages'
  say({ kind: 'opened', pages: opened.pages, isRepaired: opened.isRepaired })
  if (task.do === 'read') return readPages(engine, opened.document, opened.pages, task)
  if (task.page > opened.pages) return 'no_pages'
  return drawPage(engine, opened.document, task)
}

try {
  const end = await work(JSON.parse(process.argv[2] ?? '{}'))
  say(end === 'end' ? { kind: 'end' } : { kind: 'refused', reason: end })
} catch (error) {
  const status = error instanceof PdfMemoryFull || error instanceof RangeError ? MEMORY_EXIT : 1
  writeSync(2, error instanceof Error ? error.name : 'error')
  process.exit(status)
}
