// The reader of one document: toolbar, pages, find, and the side panel where snips are captured and listed.
import { Drawer, Progress, Text } from '@mantine/core'
import { useHotkeys, useMediaQuery } from '@mantine/hooks'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { queries } from '../app/queries.ts'
import type { DocumentRecord, PageSize } from '../app/records.ts'
import type { ReaderSearch } from '../app/search-parameters.ts'
import { t } from '../app/t.ts'
import { RecordSheet } from '../trust/RecordSheet.tsx'
import { ProblemNote } from '../ui/ProblemNote.tsx'
import { FindBar } from './FindBar.tsx'
import classes from './PdfReader.module.css'
import { ReaderPages, type ReaderPagesHandle } from './ReaderPages.tsx'
import { ReaderPanel } from './ReaderPanel.tsx'
import { ReaderToolbar } from './ReaderToolbar.tsx'
import type { SnipDraft } from './snip-draft.ts'
import { Thumbnails } from './Thumbnails.tsx'
import { titleOf } from './title-of.ts'
import { useFind } from './use-find.ts'
import { usePdf } from './use-pdf.ts'

export type ReaderTool = 'select' | 'area'

export function PdfReader({ record, pages }: { record: DocumentRecord; pages: readonly PageSize[] }) {
  const search = useSearch({ from: '/app/knowledge/documents/$documentId' })
  const navigate = useNavigate({ from: '/knowledge/documents/$documentId' })
  const narrow = useMediaQuery('(max-width: 63.99em)', false, { getInitialValueInEffect: false })
  const phone = useMediaQuery('(max-width: 47.99em)', false, { getInitialValueInEffect: false })
  const view = useRef<ReaderPagesHandle>(null)
  const [zoom, setZoom] = useState<number | 'fit'>('fit')
  const [tool, setTool] = useState<ReaderTool>('select')
  const [draft, setDraft] = useState<SnipDraft | null>(null)
  const [page, setPage] = useState(search.page ?? 1)
  const pdf = usePdf(record.id)
  const snips = useInfiniteQuery(queries.snips({ documentId: record.id }))
  const marks = snips.data?.pages.flatMap((one) => one.items) ?? []
  const isRailOpen = search.thumbnails === 'shown'
  const { seal: openSeal } = useSearch({ from: '/app' })
  const find = useFind(record.id, pages.length, search.find)
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = snips
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage()
  }, [hasNextPage, isFetchingNextPage, fetchNextPage])

  const go = (members: Partial<ReaderSearch>, how: 'push' | 'replace') =>
    void navigate({
      search: (previous) => ({ ...previous, ...members }),
      replace: how === 'replace',
      resetScroll: false,
    })
  const isPanelOpen = draft !== null || (narrow ? search.panel === 'snips' : search.panel !== 'none')
  const showPanel = (open: boolean) =>
    go({ panel: open ? (narrow ? 'snips' : undefined) : narrow ? undefined : 'none' }, 'replace')
  const showRail = (open: boolean) => go({ thumbnails: open ? 'shown' : undefined }, 'replace')
  const close = () => {
    if (draft) setDraft(null)
    else showPanel(false)
  }
  const startDraft = (next: SnipDraft) => {
    setDraft(next)
    setTool('select')
    window.getSelection()?.removeAllRanges()
  }

  // Arriving from a snip: its page, its place, and a flash.
  const target = marks.find((snip) => snip.id === search.snip)
  const targetId = target?.id
  const targetPage = target?.page
  const targetTop = target?.rects[0]?.y ?? 0
  const isOpen = pdf.state === 'open'
  // biome-ignore lint/correctness/useExhaustiveDependencies: another snip at the same place is a new arrival.
  useEffect(() => {
    if (isOpen && targetPage) view.current?.goTo(targetPage, targetTop, 'middle')
  }, [isOpen, targetId, targetPage, targetTop])
  const current = find.current
  useEffect(() => {
    if (isOpen && current) view.current?.goToHit(current)
  }, [isOpen, current])

  useHotkeys([
    ['mod+F', () => go({ find: search.find ?? '' }, 'replace')],
    ['a', () => setTool((known) => (known === 'area' ? 'select' : 'area'))],
    ['t', () => showRail(!isRailOpen)],
    ['c', () => view.current?.captureSelection()],
    ['Escape', () => (tool === 'area' ? setTool('select') : setDraft(null))],
  ])

  const rail = (
    <Thumbnails
      documentId={record.id}
      pages={pages}
      current={page}
      onPage={(to) => {
        view.current?.goTo(to, 0, 'top')
        setPage(to)
        // On the phone the sheet lies over the pages it leads to.
        if (phone) showRail(false)
      }}
    />
  )
  const panel = (
    <ReaderPanel
      record={record}
      snips={marks}
      isLoading={snips.isPending}
      error={snips.error}
      onRetry={() => void snips.refetch()}
      draft={draft}
      chosen={search.snip}
      onDone={(id) => {
        setDraft(null)
        if (id) go({ snip: id, panel: narrow ? undefined : search.panel }, 'replace')
      }}
      onCancel={() => setDraft(null)}
      onShow={(id) => {
        const again = marks.find((snip) => snip.id === id)
        if (again && search.snip === id) view.current?.goTo(again.page, again.rects[0]?.y ?? 0, 'middle')
        go({ snip: id, ...(narrow ? { panel: undefined } : {}) }, 'replace')
      }}
    />
  )
  return (
    <div className={classes.root}>
      <title>{t('shell.documentTitle', { title: titleOf(record.title) })}</title>
      <ReaderToolbar
        record={record}
        page={page}
        pageCount={pages.length}
        onPage={(to) => view.current?.goTo(to, 0, 'top')}
        onZoom={(how) => setZoom(how === 'fit' ? 'fit' : (view.current?.zoomBy(how) ?? 1))}
        tool={tool}
        onTool={setTool}
        isFinding={search.find !== undefined}
        onFind={() => go({ find: search.find === undefined ? '' : undefined }, 'replace')}
        isRailOpen={isRailOpen}
        onRail={() => showRail(!isRailOpen)}
        snipCount={marks.length}
        isPanelOpen={isPanelOpen}
        onPanel={() => (isPanelOpen ? close() : showPanel(true))}
      />
      {search.find !== undefined && (
        <FindBar
          find={find}
          query={search.find}
          onQuery={(text) => go({ find: text }, 'replace')}
          onClose={() => go({ find: undefined }, 'replace')}
        />
      )}
      {openSeal === undefined && <RecordSheet id={search.snip ?? record.id} />}
      <div className={classes.content}>
        {!phone && isRailOpen && <div className={classes.rail}>{rail}</div>}
        {phone && (
          <Drawer
            opened={isRailOpen}
            onClose={() => showRail(false)}
            position="bottom"
            size="70%"
            title={t('reader.thumbnailsTitle')}
            classNames={{ content: classes.railSheet, body: classes.railBody }}
            overlayProps={{ backgroundOpacity: 0.1 }}
            closeButtonProps={{ 'aria-label': t('panel.close') }}
          >
            {rail}
          </Drawer>
        )}
        {pdf.state === 'failed' ? (
          <div className={classes.problem}>
            <ProblemNote
              error={pdf.error}
              kept={t('reader.failedKept')}
              onRetry={() => window.location.reload()}
            />
          </div>
        ) : (
          <ReaderPages
            ref={view}
            pdf={pdf.state === 'open' ? pdf.pdf : null}
            pages={pages}
            firstPage={search.snip ? 1 : (search.page ?? 1)}
            zoom={zoom}
            tool={tool}
            snips={marks}
            flashed={search.snip}
            draft={draft}
            find={find}
            onPage={(at) => {
              setPage(at)
              go({ page: at > 1 ? at : undefined }, 'replace')
            }}
            onDraft={startDraft}
            onSnip={(id) => go({ snip: id, panel: narrow ? 'snips' : undefined }, 'replace')}
          />
        )}
        {pdf.state === 'loading' && (
          <div className={classes.progress} role="status">
            <Text size="xs">
              {pdf.share === null ? t('reader.loading') : t('reader.loadingShare', { share: pdf.share })}
            </Text>
            <Progress
              value={pdf.share ?? 100}
              animated={pdf.share === null}
              size={4}
              aria-label={t('reader.loading')}
            />
          </div>
        )}
        {narrow ? (
          <Drawer
            opened={isPanelOpen}
            onClose={close}
            position="bottom"
            size="auto"
            title={draft ? t('capture.title') : t('reader.snips')}
            classNames={{ content: classes.sheet, body: classes.sheetBody }}
            overlayProps={{ backgroundOpacity: 0.1 }}
            closeButtonProps={{ 'aria-label': t('panel.close') }}
          >
            {panel}
          </Drawer>
        ) : (
          isPanelOpen && (
            <aside className={classes.panel} aria-label={t('reader.snips')}>
              {panel}
            </aside>
          )
        )}
      </div>
    </div>
  )
}
