// The columns of the library and its card on the phone. The title is always shown; the rest is the reader's choice.
import { IconFileTypePdf } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { formatBytes, formatNumber } from '../app/formatters.ts'
import type { DocumentRecord } from '../app/records.ts'
import { t } from '../app/t.ts'
import { PersonName } from '../ui/PersonName.tsx'
import type { Column } from '../ui/RecordTable.tsx'
import { Seal } from '../ui/Seal.tsx'
import { When } from '../ui/When.tsx'
import { DocumentState } from './DocumentState.tsx'
import classes from './library-columns.module.css'
import { titleOf } from './title-of.ts'

const shownAtFirst = {
  table: ['state', 'pageCount', 'snipCount', 'size', 'createdBy', 'createdAt'],
  cards: ['state', 'pageCount', 'snipCount', 'createdAt'],
}

/** The columns an address asks for, or those shown at first. */
export function chosenColumns(
  text: string | undefined,
  form: keyof typeof shownAtFirst,
): ReadonlySet<string> {
  return new Set(text === undefined ? shownAtFirst[form] : text.split('.'))
}

function Name({ row }: { row: DocumentRecord }) {
  return (
    <Link
      to="/knowledge/documents/$documentId"
      params={{ documentId: row.id }}
      className={`${classes.name} cut`}
      tabIndex={-1}
      title={titleOf(row.title)}
    >
      <bdi>{titleOf(row.title)}</bdi>
    </Link>
  )
}

export function libraryColumns(): Column<DocumentRecord>[] {
  return [
    {
      id: 'title',
      label: t('library.column.title'),
      width: 'minmax(200px, 1fr)',
      sortable: true,
      cell: (row) => (
        <>
          <Seal id={row.id} name={titleOf(row.title)} state={row.seal} />
          <Name row={row} />
        </>
      ),
    },
    {
      id: 'state',
      label: t('library.column.state'),
      width: '112px',
      cell: (row) => <DocumentState state={row.state} />,
    },
    {
      id: 'pageCount',
      label: t('library.column.pages'),
      width: '76px',
      align: 'end',
      sortable: true,
      cell: (row) => (
        <span className="tabular">{row.pageCount === null ? '–' : formatNumber(row.pageCount)}</span>
      ),
    },
    {
      id: 'snipCount',
      label: t('library.column.snips'),
      width: '72px',
      align: 'end',
      sortable: true,
      cell: (row) => (
        <span className="tabular">{row.snipCount === 0 ? '–' : formatNumber(row.snipCount)}</span>
      ),
    },
    {
      id: 'size',
      label: t('library.column.size'),
      width: '88px',
      align: 'end',
      sortable: true,
      cell: (row) => <span className="tabular">{formatBytes(row.size)}</span>,
    },
    {
      id: 'createdBy',
      label: t('library.column.createdBy'),
      width: 'minmax(110px, 160px)',
      cell: (row) => (
        <span className="cut">
          <PersonName id={row.createdBy} />
        </span>
      ),
    },
    {
      id: 'createdAt',
      label: t('library.column.createdAt'),
      width: '150px',
      sortable: true,
      cell: (row) => <When at={row.createdAt} />,
    },
    {
      id: 'updatedAt',
      label: t('library.column.updatedAt'),
      width: '150px',
      sortable: true,
      cell: (row) => <When at={row.updatedAt} />,
    },
    {
      id: 'fileName',
      label: t('library.column.fileName'),
      width: 'minmax(120px, 200px)',
      cell: (row) => <bdi className="cut">{row.fileName}</bdi>,
    },
  ]
}

/** What a card says of a document, one fact a chosen column, in the order of the columns. */
function factsOf(row: DocumentRecord, chosen: ReadonlySet<string>): [string, ReactNode][] {
  const said: Record<string, ReactNode> = {
    pageCount: row.pageCount !== null && t('library.pages', { count: row.pageCount }),
    snipCount: row.snipCount > 0 && t('library.snips', { count: row.snipCount }),
    size: formatBytes(row.size),
    createdBy: <PersonName id={row.createdBy} />,
    createdAt: <When at={row.createdAt} />,
    updatedAt: (
      <>
        {t('library.changed')} <When at={row.updatedAt} />
      </>
    ),
    fileName: <bdi>{row.fileName}</bdi>,
  }
  return libraryColumns().flatMap(({ id }): [string, ReactNode][] => {
    const fact = chosen.has(id) ? said[id] : null
    return fact ? [[id, fact]] : []
  })
}

export function LibraryCard({ row, chosen }: { row: DocumentRecord; chosen: ReadonlySet<string> }) {
  return (
    <>
      <IconFileTypePdf size={24} stroke={1.3} className={classes.icon} aria-hidden="true" />
      <div className={classes.card}>
        <Name row={row} />
        <div className={classes.facts}>
          {row.state === 'ready' ? (
            factsOf(row, chosen).map(([id, fact], index) => (
              <span key={id}>
                {index > 0 && ' · '}
                {fact}
              </span>
            ))
          ) : (
            <DocumentState state={row.state} />
          )}
        </div>
      </div>
      <Seal id={row.id} name={titleOf(row.title)} state={row.seal} />
    </>
  )
}
