// The scroller of the reader: only pages near the view exist. Owns zoom arithmetic, text selection and the area tool.
// Must stay true: marks are drawn from points, so they stay put at any zoom; changing zoom keeps the place.
import { Button } from '@mantine/core'
import { useElementSize } from '@mantine/hooks'
import { IconQuote } from '@tabler/icons-react'
import { useVirtualizer } from '@tanstack/react-virtual'
import type { PDFDocumentProxy } from 'pdfjs-dist'
import { type Ref, useEffect, useImperativeHandle, useLayoutEffect, useRef, useState } from 'react'
import type { PageSize, Snip } from '../app/records.ts'
import { t } from '../app/t.ts'
import { PdfPage } from './PdfPage.tsx'
import type { ReaderTool } from './PdfReader.tsx'
import { deskHeight, fitZoom, largestZoom, pageGap, pageTop, placeAt, stepZoom } from './page-geometry.ts'
import classes from './ReaderPages.module.css'
import { draftOfSelection } from './selection-draft.ts'
import { rectsOn, type SnipDraft } from './snip-draft.ts'
import type { Find, FindHit } from './use-find.ts'

export interface ReaderPagesHandle {
  goTo: (page: number, top: number, place: 'top' | 'middle') => void
  goToHit: (hit: FindHit) => void
  zoomBy: (direction: 'in' | 'out') => number
  captureSelection: () => void
}

interface Props {
  ref: Ref<ReaderPagesHandle>
  pdf: PDFDocumentProxy | null
  pages: readonly PageSize[]
  firstPage: number
  zoom: number | 'fit'
  tool: ReaderTool
  snips: readonly Snip[]
  flashed: string | undefined
  draft: SnipDraft | null
  find: Find
  onPage: (page: number) => void
  onDraft: (draft: SnipDraft) => void
  onSnip: (id: string) => void
}

export function ReaderPages(props: Props) {
  const { pdf, pages, tool, onPage, onDraft } = props
  const box = useElementSize()
  const scroller = useRef<HTMLDivElement>(null)
  const [offer, setOffer] = useState<{ draft: SnipDraft; x: number; y: number } | null>(null)
  const margin = box.width < 700 ? 8 : 32
  const largest = largestZoom(pages)
  const fitted = Math.min(largest, fitZoom(pages, Math.max(200, box.width - margin * 2)))
  const zoom = props.zoom === 'fit' ? fitted : Math.min(largest, props.zoom)
  const virtualizer = useVirtualizer({
    count: pages.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => (pages[index]?.height ?? 0) * zoom + pageGap,
    overscan: 1,
    paddingStart: pageGap,
  })
  const items = virtualizer.getVirtualItems()
  const widest = Math.max(
    box.width,
    ...items.map((item) => (pages[item.index]?.width ?? 0) * zoom + margin * 2),
  )

  // Keeps the place when the zoom changes: the same point of the same page stays at the top.
  const before = useRef(zoom)
  useLayoutEffect(() => {
    const old = before.current
    const element = scroller.current
    if (!element || old === zoom) return
    before.current = zoom
    const { page, top } = placeAt(pages, element.scrollTop, old)
    virtualizer.measure()
    element.scrollTop = pageTop(pages, page, zoom) + top * zoom
  }, [zoom, pages, virtualizer])

  const goTo = (page: number, top: number, place: 'top' | 'middle') => {
    const element = scroller.current
    if (!element) return
    const start = pageTop(pages, Math.max(1, Math.min(pages.length, page)), zoom)
    const above = place === 'middle' ? element.clientHeight / 3 : pageGap / 2
    element.scrollTop = Math.max(0, start + top * zoom - above)
  }
  useImperativeHandle(props.ref, () => ({
    goTo,
    goToHit: (hit) => {
      const shown = scroller.current?.querySelector(`[data-page="${hit.page}"]`)
      if (shown?.getAttribute('data-found') !== 'true') goTo(hit.page, 0, 'top')
    },
    zoomBy: (direction) => stepZoom(zoom, direction, largest),
    captureSelection: () => {
      const draft = draftOfSelection(window.getSelection(), pages, zoom)
      if (draft) onDraft(draft)
    },
  }))
  const arrived = useRef(false)
  const { firstPage } = props
  useLayoutEffect(() => {
    if (arrived.current || box.width === 0) return
    arrived.current = true
    if (firstPage > 1) goTo(firstPage, 0, 'top')
  })

  // The page under the upper third of the view, told once the scrolling rests.
  const told = useRef(firstPage)
  const tell = useRef(onPage)
  tell.current = onPage
  useEffect(() => {
    const element = scroller.current
    if (!element) return
    let timer: ReturnType<typeof setTimeout>
    const onScroll = () => {
      setOffer(null)
      clearTimeout(timer)
      timer = setTimeout(() => {
        const at = element.scrollTop + element.clientHeight / 3
        const under = virtualizer.getVirtualItemForOffset(at)
        const page = (under?.index ?? 0) + 1
        if (page !== told.current) {
          told.current = page
          tell.current(page)
        }
      }, 160)
    }
    element.addEventListener('scroll', onScroll, { passive: true })
    return () => {
      clearTimeout(timer)
      element.removeEventListener('scroll', onScroll)
    }
  }, [virtualizer])

  // Offers to capture what is selected, next to where the selection ends.
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>
    const onChange = () => {
      clearTimeout(timer)
      timer = setTimeout(() => {
        const selection = window.getSelection()
        const draft = draftOfSelection(selection, pages, zoom)
        const frame = scroller.current?.parentElement?.getBoundingClientRect()
        const end = selection?.rangeCount ? [...selection.getRangeAt(0).getClientRects()].at(-1) : undefined
        if (!draft || !frame || !end) return setOffer(null)
        setOffer({
          draft,
          x: Math.max(8, Math.min(frame.width - 130, end.right - frame.left - 60)),
          y: Math.max(8, Math.min(frame.height - 56, end.bottom - frame.top + 8)),
        })
      }, 200)
    }
    document.addEventListener('selectionchange', onChange)
    return () => {
      clearTimeout(timer)
      document.removeEventListener('selectionchange', onChange)
    }
  }, [pages, zoom])

  return (
    <div className={classes.frame} ref={box.ref}>
      <section
        ref={scroller}
        className={classes.scroller}
        data-tool={tool}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the pages scroll, so the keyboard must reach them.
        tabIndex={0}
        aria-label={t('reader.pages', { count: pages.length })}
      >
        <div className={classes.desk} style={{ height: deskHeight(pages, zoom), width: widest }}>
          {box.width > 0 &&
            items.map((item) => {
              const size = pages[item.index]
              if (!size) return null
              return (
                <div
                  key={size.page}
                  className={classes.slot}
                  style={{
                    transform: `translateY(${item.start}px)`,
                    width: size.width * zoom,
                    height: size.height * zoom,
                  }}
                >
                  <PdfPage
                    pdf={pdf}
                    size={size}
                    zoom={zoom}
                    tool={tool}
                    snips={props.snips.filter((snip) => rectsOn(snip, size.page).length > 0)}
                    flashed={props.flashed}
                    draft={props.draft}
                    find={props.find}
                    onArea={(rect) =>
                      onDraft({ kind: 'area', page: size.page, quote: null, rects: [rect], continues: [] })
                    }
                    onSnip={props.onSnip}
                  />
                </div>
              )
            })}
        </div>
      </section>
      {offer && !props.draft && tool === 'select' && (
        <Button
          className={classes.offer ?? ''}
          style={{ left: offer.x, top: offer.y }}
          leftSection={<IconQuote size={16} />}
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => {
            onDraft(offer.draft)
            setOffer(null)
          }}
        >
          {t('capture.action')}
        </Button>
      )}
    </div>
  )
}
