/**
 * pdfium (WebAssembly) by its own C interface: open, page geometry, characters with boxes, pixels.
 * Runs only inside the capped child. Must stay true: no import of ours; memory never grows past the bound it was given;
 * every page that was loaded is closed.
 */
import { PDFiumLibrary } from '@hyzyla/pdfium'

export interface PdfBox {
  left: number
  top: number
  right: number
  bottom: number
}

export interface PdfCharacter extends PdfBox {
  /** Unicode code point; 0 where the font tells none. */
  code: number
  /** A hyphen that only breaks a word at the end of a line. */
  isBreak: boolean
}

export interface PdfPicture {
  width: number
  height: number
  /** RGBA, 4 bytes a pixel, no padding. */
  pixels: Uint8Array
}

export type PdfOpening =
  | { document: number; pages: number; isRepaired: boolean }
  | { refused: 'encrypted' | 'damaged' }

type Native = (...args: number[]) => number

/** FPDF_GetLastError: a password is needed, or a security handler nobody here knows. */
const PASSWORD = 4
const SECURITY = 5
const RENDER_ANNOTATIONS = 0x01
const RENDER_RGBA = 0x10
const BGRA = 4
const NOWHERE: PdfBox = { left: 0, top: 0, right: 0, bottom: 0 }

/** Grew past its bound. */
export class PdfMemoryFull extends Error {
  override name = 'PdfMemoryFull'
}

export interface PdfEngine {
  /** Takes the whole file, `size` bytes. Call once. */
  open(input: AsyncIterable<Uint8Array>, size: number): Promise<PdfOpening>
  /** Size of a page as shown, by 0-based index, without loading it; undefined when the page tree is broken there. */
  sizeOf(document: number, index: number): { width: number; height: number } | undefined
  /** A loaded page, or 0. Close it. */
  load(document: number, index: number): number
  close(page: number): void
  characters(page: number, most: number): Generator<PdfCharacter>
  /** The part of the page that starts at `left`, `top` when the whole page is `across` by `down` pixels. */
  picture(
    page: number,
    whole: { across: number; down: number },
    part: { left: number; top: number; width: number; height: number },
  ): PdfPicture
}

/** Starts pdfium with a bound on its memory, in bytes. */
export async function startPdfEngine(memoryBytes: number, wasmBinary: ArrayBuffer): Promise<PdfEngine> {
  let exported: WebAssembly.Exports = {}
  let isFull = false
  await PDFiumLibrary.init({
    instantiateWasm: (imports, done) => {
      const env = imports.env ?? {}
      const grow = env.emscripten_resize_heap
      const bounded = (size: number): number => {
        if (size >>> 0 <= memoryBytes && typeof grow === 'function') return Number(grow(size))
        isFull = true
        return 0
      }
      const instance = new WebAssembly.Instance(new WebAssembly.Module(wasmBinary), {
        ...imports,
        env: { ...env, emscripten_resize_heap: bounded },
      })
      exported = instance.exports
      done(instance)
      return exported
    },
  })
  const memory = exported.memory
  if (!(memory instanceof WebAssembly.Memory)) throw new Error('pdfium exports no memory')
  const native = (name: string): Native => {
    const found = exported[name]
    if (typeof found !== 'function') throw new Error(`pdfium lacks ${name}`)
    return (...args) => {
      try {
        return Number(found(...args))
      } catch (error) {
        if (isFull) throw new PdfMemoryFull('pdfium needs more memory than it may have', { cause: error })
        throw error
      }
    }
  }
  const heap = (): Uint8Array => new Uint8Array(memory.buffer)
  let seen = new DataView(memory.buffer)
  // The memory is another one after it grew.
  const view = (): DataView => {
    if (seen.buffer !== memory.buffer) seen = new DataView(memory.buffer)
    return seen
  }
  const malloc = native('malloc')
  const allocate = (bytes: number): number => {
    const at = malloc(bytes) >>> 0
    if (at === 0) throw new PdfMemoryFull('pdfium needs more memory than it may have')
    return at
  }
  const free = native('free')
  const scratch = allocate(64)
  const loadPage = native('FPDF_LoadPage')
  const lastError = native('FPDF_GetLastError')

  return {
    async open(input, size) {
      const file = allocate(size)
      let at = 0
      for await (const chunk of input) {
        if (at + chunk.length > size) throw new Error('the input is longer than it was said to be')
        heap().set(chunk, file + at)
        at += chunk.length
      }
      if (at < size) throw new Error('the input is shorter than it was said to be')
      const document = native('FPDF_LoadMemDocument')(file, size, 0)
      if (document === 0) {
        if (isFull) throw new PdfMemoryFull('pdfium needs more memory than it may have')
        const code = lastError()
        return { refused: code === PASSWORD || code === SECURITY ? 'encrypted' : 'damaged' }
      }
      return {
        document,
        pages: native('FPDF_GetPageCount')(document),
        isRepaired: native('FPDF_DocumentHasValidCrossReferenceTable')(document) === 0,
      }
    },
    sizeOf(document, index) {
      if (native('FPDF_GetPageSizeByIndexF')(document, index, scratch) === 0) return undefined
      return { width: view().getFloat32(scratch, true), height: view().getFloat32(scratch + 4, true) }
    },
    load: (document, index) => loadPage(document, index),
    close: native('FPDF_ClosePage'),
    *characters(page, most) {
      const text = native('FPDFText_LoadPage')(page)
      if (text === 0) return
      try {
        const count = Math.min(native('FPDFText_CountChars')(text), most)
        const unicode = native('FPDFText_GetUnicode')
        const hyphen = native('FPDFText_IsHyphen')
        const loose = native('FPDFText_GetLooseCharBox')
        const shown = affineOf(
          page,
          native('FPDF_PageToDevice'),
          native('FPDF_GetPageWidthF'),
          native('FPDF_GetPageHeightF'),
          scratch,
          view,
        )
        for (let index = 0; index < count; index++) {
          const has = loose(text, index, scratch) !== 0
          const at = view()
          const box = has
            ? shown(
                at.getFloat32(scratch, true),
                at.getFloat32(scratch + 4, true),
                at.getFloat32(scratch + 8, true),
                at.getFloat32(scratch + 12, true),
              )
            : NOWHERE
          const isBreak = hyphen(text, index) === 1
          yield { code: unicode(text, index) >>> 0, isBreak, ...box }
        }
      } finally {
        native('FPDFText_ClosePage')(text)
      }
    },
    picture(page, whole, part) {
      const bytes = part.width * part.height * BGRA
      const at = allocate(bytes)
      try {
        const bitmap = native('FPDFBitmap_CreateEx')(part.width, part.height, BGRA, at, part.width * BGRA)
        if (bitmap === 0) throw new Error('no bitmap')
        native('FPDFBitmap_FillRect')(bitmap, 0, 0, part.width, part.height, 0xffffffff)
        native('FPDF_RenderPageBitmap')(
          bitmap,
          page,
          -part.left,
          -part.top,
          whole.across,
          whole.down,
          0,
          RENDER_ANNOTATIONS | RENDER_RGBA,
        )
        const pixels = heap().slice(at, at + bytes)
        native('FPDFBitmap_Destroy')(bitmap)
        return { width: part.width, height: part.height, pixels }
      } finally {
        free(at)
      }
    },
  }
}

/** Page space to the page as shown, in points: rotation and crop box are pdfium's to know, so it is asked three points once. */
function affineOf(
  page: number,
  toDevice: Native,
  widthOf: Native,
  heightOf: Native,
  scratch: number,
  view: () => DataView,
): (left: number, top: number, right: number, bottom: number) => PdfBox {
  const fine = 100
  const across = Math.max(1, Math.round(widthOf(page) * fine))
  const down = Math.max(1, Math.round(heightOf(page) * fine))
  const far = 1000
  const at = (x: number, y: number): [number, number] => {
    toDevice(page, 0, 0, across, down, 0, x, y, scratch, scratch + 4)
    return [view().getInt32(scratch, true) / fine, view().getInt32(scratch + 4, true) / fine]
  }
  const [ox, oy] = at(0, 0)
  const [xx, xy] = at(far, 0)
  const [yx, yy] = at(0, far)
  const x = (px: number, py: number): number => ox + (px * (xx - ox) + py * (yx - ox)) / far
  const y = (px: number, py: number): number => oy + (px * (xy - oy) + py * (yy - oy)) / far
  return (left, top, right, bottom) => {
    const [ax, ay, bx, by] = [x(left, top), y(left, top), x(right, bottom), y(right, bottom)]
    return {
      left: Math.min(ax, bx),
      right: Math.max(ax, bx),
      top: Math.min(ay, by),
      bottom: Math.max(ay, by),
    }
  }
}
