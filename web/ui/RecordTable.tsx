// biome-ignore-all lint/a11y/useSemanticElements: a virtual table cannot be a <table>; the grid roles carry the meaning.
// biome-ignore-all lint/a11y/useFocusableInteractive: focus stays on the grid, which names its active row.
// biome-ignore-all lint/a11y/useKeyWithClickEvents: the keys of the grid do what a click on a row does.
// The table of every list: virtual rows, sort, select many, chosen columns, keyboard; a list of cards on the phone.
// Must stay true: it scrolls with the page, holds no state that belongs in the address, and stays fast at 10,000 rows.
import { Checkbox, Skeleton } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import { useVirtualizer } from '@tanstack/react-virtual'
import {
  type KeyboardEvent,
  type ReactNode,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
} from 'react'
import { t } from '../app/t.ts'
import classes from './RecordTable.module.css'

export interface Column<R> {
  id: string
  label: string
  width: string
  align?: 'end'
  sortable?: boolean
  cell: (row: R) => ReactNode
}

export interface Selection {
  chosen: ReadonlySet<string>
  onChange: (chosen: ReadonlySet<string>) => void
}

interface Props<R> {
  label: string
  rows: readonly R[]
  columns: readonly Column<R>[]
  rowId: (row: R) => string
  rowName: (row: R) => string
  card: (row: R) => ReactNode
  onOpen: (row: R) => void
  onEnd?: () => void
  total?: number | undefined
  loading?: boolean
  selection?: Selection
  sort?: string
  onSort?: (sort: string) => void
}

const scrollerId = 'main'

/** Where the next key press leads, or null when the key is not ours. */
export function nextRow(key: string, current: number, count: number): number | null {
  const jumps: Record<string, number> = {
    ArrowDown: current + 1,
    ArrowUp: current - 1,
    PageDown: current + 10,
    PageUp: current - 10,
    Home: 0,
    End: count - 1,
  }
  const wanted = jumps[key]
  return wanted === undefined ? null : Math.max(0, Math.min(count - 1, wanted))
}

export function RecordTable<R>(props: Props<R>) {
  const { rows, columns, rowId, rowName, selection, onOpen, onEnd } = props
  const compact = useMediaQuery('(max-width: 47.99em)', false, { getInitialValueInEffect: false })
  const touch = useMediaQuery('(pointer: coarse)', false, { getInitialValueInEffect: false })
  const body = useRef<HTMLDivElement>(null)
  const idPrefix = useId()
  const [active, setActive] = useState(-1)
  const [margin, setMargin] = useState(0)
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => document.getElementById(scrollerId),
    estimateSize: () => (compact ? 72 : touch ? 44 : 36),
    overscan: 12,
    scrollMargin: margin,
    getItemKey: (index) => {
      const row = rows[index]
      return row === undefined ? index : rowId(row)
    },
  })
  const items = virtualizer.getVirtualItems()
  const last = items.at(-1)?.index ?? 0

  useLayoutEffect(() => {
    const scroller = document.getElementById(scrollerId)
    if (!body.current || !scroller) return
    const distance =
      body.current.getBoundingClientRect().top - scroller.getBoundingClientRect().top + scroller.scrollTop
    if (Math.abs(distance - margin) > 1) setMargin(distance)
  })
  useEffect(() => {
    if (onEnd && rows.length > 0 && last >= rows.length - 30) onEnd()
  }, [last, rows.length, onEnd])
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows change height with the layout, not with the virtualizer.
  useEffect(() => virtualizer.measure(), [compact, touch, virtualizer])

  const grid = [selection && !compact ? '36px' : '', ...columns.map((column) => column.width)]
    .join(' ')
    .trim()
  const toggle = (id: string) => {
    if (!selection) return
    const chosen = new Set(selection.chosen)
    if (!chosen.delete(id)) chosen.add(id)
    selection.onChange(chosen)
  }
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    if (event.target !== event.currentTarget) return
    const to = nextRow(event.key, active, rows.length)
    const row = rows[active]
    if (to !== null) {
      setActive(to)
      virtualizer.scrollToIndex(to, { align: 'auto' })
    } else if (event.key === 'Enter' && row !== undefined) onOpen(row)
    else if (event.key === ' ' && row !== undefined) toggle(rowId(row))
    else if (event.key === 'Escape' && selection?.chosen.size) selection.onChange(new Set())
    else if (event.key === 'a' && (event.ctrlKey || event.metaKey) && selection)
      selection.onChange(new Set(rows.map(rowId)))
    else return
    event.preventDefault()
  }
  const allChosen = selection !== undefined && rows.length > 0 && selection.chosen.size >= rows.length

  return (
    <div
      role="grid"
      aria-label={props.label}
      aria-rowcount={(props.total ?? rows.length) + 1}
      aria-multiselectable={selection !== undefined}
      aria-activedescendant={active >= 0 ? `${idPrefix}${active}` : undefined}
      tabIndex={0}
      className={classes.root}
      onKeyDown={onKeyDown}
    >
      <div
        role="row"
        aria-rowindex={1}
        className={classes.head}
        data-compact={compact}
        style={{ gridTemplateColumns: grid }}
      >
        {selection && !compact && (
          <span role="columnheader" className={classes.check}>
            <Checkbox
              size="xs"
              tabIndex={-1}
              aria-label={t('table.selectAll')}
              checked={allChosen}
              indeterminate={selection.chosen.size > 0 && !allChosen}
              onChange={() => selection.onChange(allChosen ? new Set() : new Set(rows.map(rowId)))}
            />
          </span>
        )}
        {columns.map((column) => (
          <HeadCell key={column.id} column={column} sort={props.sort} onSort={props.onSort} />
        ))}
      </div>
      <div ref={body} role="rowgroup" className={classes.body} style={{ height: virtualizer.getTotalSize() }}>
        {items.map((item) => {
          const row = rows[item.index]
          if (row === undefined) return null
          const id = rowId(row)
          return (
            <div
              key={item.key}
              role="row"
              id={`${idPrefix}${item.index}`}
              aria-rowindex={item.index + 2}
              aria-selected={selection ? selection.chosen.has(id) : undefined}
              data-active={item.index === active || undefined}
              data-compact={compact}
              className={classes.row}
              style={{
                gridTemplateColumns: compact ? undefined : grid,
                height: item.size,
                transform: `translateY(${item.start - margin}px)`,
              }}
              onClick={() => {
                setActive(item.index)
                onOpen(row)
              }}
            >
              {compact ? (
                <div role="gridcell" className={classes.card}>
                  {props.card(row)}
                </div>
              ) : (
                <>
                  {selection && (
                    <span
                      role="gridcell"
                      tabIndex={-1}
                      className={classes.check}
                      onClick={(event) => event.stopPropagation()}
                    >
                      <Checkbox
                        size="xs"
                        tabIndex={-1}
                        aria-label={t('table.select', { name: rowName(row) })}
                        checked={selection.chosen.has(id)}
                        onChange={() => toggle(id)}
                      />
                    </span>
                  )}
                  {columns.map((column) => (
                    <div key={column.id} role="gridcell" className={classes.cell} data-align={column.align}>
                      {column.cell(row)}
                    </div>
                  ))}
                </>
              )}
            </div>
          )
        })}
      </div>
      {props.loading && <TableSkeleton rows={rows.length === 0 ? 8 : 2} />}
    </div>
  )
}

function HeadCell<R>(props: {
  column: Column<R>
  sort: string | undefined
  onSort: ((sort: string) => void) | undefined
}) {
  const { column, sort, onSort } = props
  if (!column.sortable || !onSort) {
    return (
      <span role="columnheader" className={classes.headCell} data-align={column.align}>
        {column.label}
      </span>
    )
  }
  const direction = sort === column.id ? 'ascending' : sort === `-${column.id}` ? 'descending' : 'none'
  const Arrow = direction === 'descending' ? IconArrowDown : IconArrowUp
  return (
    <span role="columnheader" aria-sort={direction} className={classes.headCell} data-align={column.align}>
      <button
        type="button"
        className={classes.sort}
        onClick={() => onSort(direction === 'ascending' ? `-${column.id}` : column.id)}
      >
        {column.label}
        {direction !== 'none' && <Arrow size={13} aria-hidden="true" />}
      </button>
    </span>
  )
}

function TableSkeleton({ rows }: { rows: number }) {
  return (
    <div aria-hidden="true">
      {Array.from({ length: rows }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: placeholder rows have no identity.
        <div key={index} className={classes.placeholder}>
          <Skeleton height={12} width={`${40 + ((index * 17) % 35)}%`} />
          <Skeleton height={12} width={90} />
        </div>
      ))}
    </div>
  )
}
