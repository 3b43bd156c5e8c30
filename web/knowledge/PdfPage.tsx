// One page: picture, selectable text, marks of snips, the draft, what was found, and drawing a rectangle.
import type { PDFDocumentProxy } from 'pdfjs-dist'
import { type PointerEvent, useEffect, useRef, useState } from 'react'
import type { PageSize, Snip, SnipRect } from '../app/records.ts'
import { t } from '../app/t.ts'
import { showFound } from './found-highlights.ts'
import classes from './PdfPage.module.css'
import type { ReaderTool } from './PdfReader.tsx'
import { drawnRect, spreadFlags } from './page-geometry.ts'
import { renderPage } from './render-page.ts'
import { rectsOn, type SnipDraft } from './snip-draft.ts'
import type { Find } from './use-find.ts'

interface Props {
  pdf: PDFDocumentProxy | null
  size: PageSize
  zoom: number
  tool: ReaderTool
  snips: readonly Snip[]
  flashed: string | undefined
  draft: SnipDraft | null
  find: Find
  onArea: (rect: SnipRect) => void
  onSnip: (id: string) => void
}

/** Smaller than this is a slip of the pointer, not an area (points). */
const smallestArea = 6

function place(rect: SnipRect, zoom: number) {
  return { left: rect.x * zoom, top: rect.y * zoom, width: rect.width * zoom, height: rect.height * zoom }
}

export function PdfPage(props: Props) {
  const { pdf, size, zoom, tool, find } = props
  const canvas = useRef<HTMLCanvasElement>(null)
  const text = useRef<HTMLDivElement>(null)
  const [state, setState] = useState<'drawing' | 'drawn' | 'failed'>('drawing')
  const [hasText, setHasText] = useState(0)

  useEffect(() => {
    const [picture, layer] = [canvas.current, text.current]
    if (!pdf || !picture || !layer) return
    return renderPage(pdf, size.page, zoom, picture, layer, (news) => {
      if (news === 'text') setHasText((count) => count + 1)
      else setState(news)
    })
  }, [pdf, size.page, zoom])

  const current = find.current?.page === size.page ? find.current : null
  useEffect(() => {
    if (text.current && hasText) return showFound(text.current, size.page, find.query, current)
  }, [hasText, find.query, current, size.page])

  const flags = spreadFlags(props.snips.map((snip) => (rectsOn(snip, size.page)[0]?.y ?? 0) * zoom))
  return (
    // biome-ignore lint/a11y/useSemanticElements: a page is a group of a document; no element says that.
    <div
      className={classes.page}
      data-page={size.page}
      data-found={hasText > 0}
      role="group"
      aria-label={t('reader.pageLabel', { page: size.page })}
      style={{ '--total-scale-factor': zoom, '--scale-round-x': '1px', '--scale-round-y': '1px' }}
    >
      <canvas ref={canvas} className={classes.canvas} data-state={state} />
      {state === 'failed' && <p className={classes.failed}>{t('reader.pageFailed')}</p>}
      <div className={classes.marks} aria-hidden="true">
        {props.snips.flatMap((snip) =>
          rectsOn(snip, size.page).map((rect) => (
            <div
              key={`${snip.id} ${rect.x} ${rect.y}`}
              className={classes.mark}
              data-kind={snip.kind}
              data-flash={snip.id === props.flashed || undefined}
              style={place(rect, zoom)}
            />
          )),
        )}
        {(props.draft ? rectsOn(props.draft, size.page) : []).map((rect) => (
          <div
            key={`${rect.x} ${rect.y}`}
            className={classes.mark}
            data-kind={props.draft?.kind}
            data-draft
            style={place(rect, zoom)}
          />
        ))}
      </div>
      <div ref={text} className={`textLayer ${classes.text}`} data-tool={tool} />
      {props.snips.map((snip, index) => (
        <button
          key={snip.id}
          type="button"
          className={classes.flag}
          data-current={snip.id === props.flashed || undefined}
          style={{ top: flags[index] }}
          aria-label={t('reader.openSnip', {
            insight: snip.insight || snip.quote?.exact.slice(0, 80) || t('snip.area'),
          })}
          onClick={() => props.onSnip(snip.id)}
        />
      ))}
      {tool === 'area' && <AreaTool size={size} zoom={zoom} onArea={props.onArea} />}
    </div>
  )
}

/** Draws a rectangle with the pointer; with the keyboard, Enter takes the middle of the page and the arrows move and (with shift) size it. */
function AreaTool({
  size,
  zoom,
  onArea,
}: {
  size: PageSize
  zoom: number
  onArea: (rect: SnipRect) => void
}) {
  const [rect, setRect] = useState<SnipRect | null>(null)
  const from = useRef<{ x: number; y: number } | null>(null)
  const pointOf = (event: PointerEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect()
    return { x: (event.clientX - box.left) / zoom, y: (event.clientY - box.top) / zoom }
  }
  const nudge = (key: string, resize: boolean) => {
    const moves: Record<string, [number, number]> = {
      ArrowLeft: [-12, 0],
      ArrowRight: [12, 0],
      ArrowUp: [0, -12],
      ArrowDown: [0, 12],
    }
    const move = moves[key]
    if (!move) return false
    setRect((known) => {
      const base = known ?? {
        x: size.width / 4,
        y: size.height / 4,
        width: size.width / 2,
        height: size.height / 4,
      }
      const [x, y] = resize ? [base.x, base.y] : [base.x + move[0], base.y + move[1]]
      const [width, height] = resize
        ? [base.width + move[0], base.height + move[1]]
        : [base.width, base.height]
      return drawnRect({ x, y }, { x: x + Math.max(12, width), y: y + Math.max(12, height) }, size)
    })
    return true
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: a drawing surface has no element of its own.
    <div
      role="button"
      tabIndex={0}
      aria-label={t('reader.areaHelp', { page: size.page })}
      className={classes.area}
      onPointerDown={(event) => {
        if (event.button !== 0) return
        event.currentTarget.setPointerCapture(event.pointerId)
        from.current = pointOf(event)
        setRect(null)
      }}
      onPointerMove={(event) => {
        if (from.current) setRect(drawnRect(from.current, pointOf(event), size))
      }}
      onPointerUp={(event) => {
        const start = from.current
        from.current = null
        if (!start) return
        const drawn = drawnRect(start, pointOf(event), size)
        setRect(null)
        if (drawn.width >= smallestArea && drawn.height >= smallestArea) onArea(drawn)
      }}
      onPointerCancel={() => {
        from.current = null
        setRect(null)
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && rect) onArea(rect)
        else if (event.key === 'Enter') nudge('ArrowDown', event.shiftKey)
        else if (!nudge(event.key, event.shiftKey)) return
        event.preventDefault()
      }}
    >
      {rect && <div className={classes.drawn} style={place(rect, zoom)} />}
    </div>
  )
}
