// All pages small: a virtual list that marks the page being read and leads to any other. Beside the pages, a sheet on the phone.
// Must stay true: only what is in view is asked for, once the scrolling rests and two at a time, because each is drawn by a worker.
import { useElementSize } from '@mantine/hooks'
import { useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { drawDocumentPageAddress } from '../app/api.gen.ts'
import { formatNumber } from '../app/formatters.ts'
import type { PageSize } from '../app/records.ts'
import { t } from '../app/t.ts'
import { nextThumbnail } from './next-thumbnail.ts'
import classes from './Thumbnails.module.css'

interface Props {
  documentId: string
  pages: readonly PageSize[]
  /** The page being read, from 1. */
  current: number
  onPage: (page: number) => void
}

const width = 104
const gap = 12
const labelHeight = 22
/** Narrow enough to be small, wide enough for a dense screen. */
const pictureWidth = 320
const atOnce = 2

export function Thumbnails({ documentId, pages, current, onPage }: Props) {
  const box = useElementSize()
  const scroller = useRef<HTMLDivElement>(null)
  const [settled, setSettled] = useState<ReadonlySet<number>>(new Set())
  const [failed, setFailed] = useState<ReadonlySet<number>>(new Set())
  const [focused, setFocused] = useState<number | null>(null)
  const columns = Math.max(1, Math.floor((box.width - gap) / (width + gap)))
  const heightOf = (page: PageSize) => Math.min(200, Math.round((width * page.height) / page.width))
  const rows = Math.ceil(pages.length / columns)
  const inRow = (row: number) => pages.slice(row * columns, (row + 1) * columns)
  const virtualizer = useVirtualizer({
    count: rows,
    getScrollElement: () => scroller.current,
    estimateSize: (row) => Math.max(0, ...inRow(row).map(heightOf)) + labelHeight + gap,
    overscan: 1,
    paddingStart: gap,
  })
  const items = virtualizer.getVirtualItems()
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows change with the columns, not with the virtualizer.
  useEffect(() => virtualizer.measure(), [columns, virtualizer])

  const rowOfCurrent = Math.floor((current - 1) / columns)
  const hasWidth = box.width > 0
  useEffect(() => {
    if (hasWidth) virtualizer.scrollToIndex(rowOfCurrent, { align: 'auto' })
  }, [rowOfCurrent, hasWidth, virtualizer])

  const inView = items.flatMap((item) => inRow(item.index))
  const waiting = inView.filter(({ page }) => !settled.has(page)).slice(0, atOnce)
  const isAsked = (page: number) =>
    settled.has(page) || (!virtualizer.isScrolling && waiting.some((one) => one.page === page))
  const settle = (page: number) => setSettled((known) => new Set(known).add(page))

  // One stop for the tab key; arrows walk, and what has the focus is brought into view.
  const stop = focused ?? current
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const to = nextThumbnail(event.key, stop, { count: pages.length, columns })
    if (to === null) return
    event.preventDefault()
    setFocused(to)
    virtualizer.scrollToIndex(Math.floor((to - 1) / columns), { align: 'auto' })
  }
  useEffect(() => {
    if (focused === null) return
    const frame = requestAnimationFrame(() =>
      scroller.current?.querySelector<HTMLElement>(`[data-thumbnail="${focused}"]`)?.focus(),
    )
    return () => cancelAnimationFrame(frame)
  }, [focused])

  return (
    <nav
      ref={scroller}
      className={classes.scroller}
      aria-label={t('reader.thumbnailsTitle')}
      onKeyDown={onKeyDown}
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) setFocused(null)
      }}
    >
      <div ref={box.ref} className={classes.desk} style={{ height: virtualizer.getTotalSize() }}>
        {hasWidth &&
          items.map((item) => (
            <div key={item.key} className={classes.row} style={{ transform: `translateY(${item.start}px)` }}>
              {inRow(item.index).map((size) => (
                <button
                  key={size.page}
                  type="button"
                  className={classes.item}
                  data-thumbnail={size.page}
                  aria-label={t('reader.thumbnail', { page: size.page })}
                  aria-current={size.page === current ? 'page' : undefined}
                  tabIndex={size.page === stop ? 0 : -1}
                  onClick={() => onPage(size.page)}
                >
                  <span className={classes.paper} style={{ width, height: heightOf(size) }}>
                    {isAsked(size.page) && !failed.has(size.page) && (
                      <img
                        src={drawDocumentPageAddress({
                          path: { id: documentId, page: size.page },
                          query: { width: pictureWidth },
                        })}
                        alt=""
                        draggable={false}
                        onLoad={() => settle(size.page)}
                        onError={() => {
                          setFailed((known) => new Set(known).add(size.page))
                          settle(size.page)
                        }}
                      />
                    )}
                  </span>
                  <span className="tabular">{formatNumber(size.page)}</span>
                </button>
              ))}
            </div>
          ))}
      </div>
    </nav>
  )
}
