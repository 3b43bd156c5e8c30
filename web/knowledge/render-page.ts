// Draws one page and its text layer; the answer stops it. Sharp on dense screens, bounded so that a huge page cannot eat the memory.
import { type PDFDocumentProxy, RenderingCancelledException, type RenderTask, TextLayer } from 'pdfjs-dist'

const mostPixels = 16_000_000

type News = 'drawn' | 'failed' | 'text'

export function renderPage(
  pdf: PDFDocumentProxy,
  pageNumber: number,
  zoom: number,
  canvas: HTMLCanvasElement,
  layer: HTMLDivElement,
  tell: (news: News) => void,
): () => void {
  let isStopped = false
  let task: RenderTask | null = null
  let textLayer: TextLayer | null = null

  const draw = async () => {
    const page = await pdf.getPage(pageNumber)
    if (isStopped) return
    const viewport = page.getViewport({ scale: zoom })
    const ratio = Math.min(
      window.devicePixelRatio || 1,
      Math.sqrt(mostPixels / (viewport.width * viewport.height)),
    )
    canvas.width = Math.floor(viewport.width * ratio)
    canvas.height = Math.floor(viewport.height * ratio)
    task = page.render({ canvas, viewport, transform: [ratio, 0, 0, ratio, 0, 0] })
    const drawn = task.promise
    const content = await page.getTextContent()
    if (isStopped) return drawn
    layer.replaceChildren()
    textLayer = new TextLayer({ textContentSource: content, container: layer, viewport })
    await textLayer.render()
    if (!isStopped) tell('text')
    await drawn
    if (!isStopped) tell('drawn')
  }
  draw().catch((error: unknown) => {
    if (!isStopped && !(error instanceof RenderingCancelledException)) tell('failed')
  })
  return () => {
    isStopped = true
    task?.cancel()
    textLayer?.cancel()
  }
}
