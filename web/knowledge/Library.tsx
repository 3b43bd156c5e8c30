// The library: every document of the organisation, and the way in for new ones, by button or by dropping files anywhere.
import { ActionIcon, Button, FileButton, Group, Menu, Select, TextInput, Tooltip } from '@mantine/core'
import { useDebouncedCallback, useDisclosure, useMediaQuery } from '@mantine/hooks'
import { IconColumns3, IconFilePlus, IconFileText, IconLink, IconSearch } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { queries } from '../app/queries.ts'
import type { DocumentRecord } from '../app/records.ts'
import { documentSorts, documentStates, type LibrarySearch } from '../app/search-parameters.ts'
import { t } from '../app/t.ts'
import { Guide } from '../guide/Guide.tsx'
import { useGuide } from '../guide/use-guide.ts'
import { EmptyScreen } from '../ui/EmptyScreen.tsx'
import { PageFrame } from '../ui/PageFrame.tsx'
import { ProblemNote } from '../ui/ProblemNote.tsx'
import { RecordTable } from '../ui/RecordTable.tsx'
import { AddByAddress } from './AddByAddress.tsx'
import { DropArea } from './DropArea.tsx'
import { FetchTray } from './FetchTray.tsx'
import classes from './Library.module.css'
import { chosenColumns, LibraryCard, libraryColumns } from './library-columns.tsx'
import { SelectionBar } from './SelectionBar.tsx'
import { titleOf } from './title-of.ts'
import { useUploadQueue } from './UploadProvider.tsx'
import { UploadTray } from './UploadTray.tsx'

export function Library() {
  const search = useSearch({ from: '/app/knowledge' })
  const navigate = useNavigate({ from: '/knowledge' })
  const queue = useUploadQueue()
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [addressing, address] = useDisclosure()
  const [typed, setTyped] = useState(search.q ?? '')
  const compact = useMediaQuery('(max-width: 47.99em)', false, { getInitialValueInEffect: false })
  const sort = search.sort ?? '-createdAt'
  const documents = useInfiniteQuery(queries.documents({ q: search.q, sort, state: search.state }))
  const rows = documents.data?.pages.flatMap((page) => page.items) ?? []
  const refine = (members: Partial<LibrarySearch>) =>
    void navigate({ search: (previous) => ({ ...previous, ...members }), replace: true, resetScroll: false })
  const refineText = useDebouncedCallback((q: string) => refine({ q: q || undefined }), 250)
  const add = (files: File[] | null) => {
    const names = new Set(rows.map((row) => row.fileName))
    queue.add(files ?? [], (name) => names.has(name))
  }
  const open = (row: DocumentRecord) =>
    void navigate({ to: '/knowledge/documents/$documentId', params: { documentId: row.id } })
  const visible = chosenColumns(search.columns, compact ? 'cards' : 'table')
  const isFiltered = Boolean(search.q || search.state)
  const isEmpty = documents.isSuccess && rows.length === 0 && !isFiltered
  const guide = useGuide()
  // An empty library is filled by the first step, where that is shown.
  const isFirstStep =
    guide.isOpen && guide.steps.some(({ name, isTaken }) => name === 'knowledge.document.added' && !isTaken)
  const addButton = (
    <Group gap="xs" wrap="nowrap">
      <FileButton onChange={add} accept="application/pdf,.pdf" multiple>
        {(button) => (
          <Button {...button} leftSection={<IconFilePlus size={18} stroke={1.5} />}>
            {t('library.add')}
          </Button>
        )}
      </FileButton>
      <Tooltip label={t('library.address')}>
        <ActionIcon
          variant="default"
          className={classes.address ?? ''}
          aria-label={t('library.address')}
          onClick={address.open}
        >
          <IconLink size={18} stroke={1.5} />
        </ActionIcon>
      </Tooltip>
    </Group>
  )
  return (
    <PageFrame
      title={t('library.title')}
      count={
        documents.isSuccess &&
        !isEmpty &&
        t('library.count', { count: documents.data.pages[0]?.total ?? rows.length })
      }
      action={!isEmpty && addButton}
      filters={
        !isEmpty && (
          <>
            <TextInput
              className={classes.search ?? ''}
              leftSection={<IconSearch size={16} stroke={1.5} />}
              placeholder={t('library.filter')}
              aria-label={t('library.filter')}
              value={typed}
              onChange={(event) => {
                setTyped(event.currentTarget.value)
                refineText(event.currentTarget.value)
              }}
            />
            <Select
              className={classes.state ?? ''}
              aria-label={t('library.state')}
              placeholder={t('library.anyState')}
              clearable
              data={documentStates.map((value) => ({ value, label: t(`document.state.${value}`) }))}
              value={search.state ?? null}
              onChange={(value) => refine({ state: documentStates.find((state) => state === value) })}
            />
            <Menu closeOnItemClick={false} position="bottom-end">
              <Menu.Target>
                <Button
                  variant="default"
                  className={classes.columns ?? ''}
                  leftSection={<IconColumns3 size={16} stroke={1.5} />}
                >
                  {t('table.columns')}
                </Button>
              </Menu.Target>
              <Menu.Dropdown>
                {libraryColumns()
                  .filter((column) => column.id !== 'title' && !(compact && column.id === 'state'))
                  .map((column) => {
                    const isShown = visible.has(column.id)
                    const next = libraryColumns()
                      .map(({ id }) => id)
                      .filter((id) => (id === column.id ? !isShown : visible.has(id)))
                    return (
                      <Menu.CheckboxItem
                        key={column.id}
                        checked={isShown}
                        onChange={() => refine({ columns: next.join('.') })}
                      >
                        {column.label}
                      </Menu.CheckboxItem>
                    )
                  })}
              </Menu.Dropdown>
            </Menu>
          </>
        )
      }
    >
      <DropArea onFiles={add} />
      <AddByAddress opened={addressing} onClose={address.close} />
      <UploadTray />
      <FetchTray />
      {documents.isSuccess && (
        <Guide
          documentId={rows.find(({ state }) => state === 'ready')?.id}
          adding={isEmpty ? addButton : null}
        />
      )}
      {documents.isError && <ProblemNote error={documents.error} onRetry={() => void documents.refetch()} />}
      {isEmpty && !guide.isAsking && !isFirstStep && (
        <EmptyScreen icon={<IconFileText size={28} stroke={1.4} />} action={addButton}>
          {t('library.empty')}
        </EmptyScreen>
      )}
      {documents.isSuccess && rows.length === 0 && isFiltered && !documents.hasNextPage && (
        <EmptyScreen
          icon={<IconSearch size={28} stroke={1.4} />}
          action={
            <Button
              variant="default"
              onClick={() => {
                setTyped('')
                refine({ q: undefined, state: undefined })
              }}
            >
              {t('library.clearFilters')}
            </Button>
          }
        >
          {t('library.noMatch')}
        </EmptyScreen>
      )}
      {!documents.isError &&
        !isEmpty &&
        (rows.length > 0 || documents.isPending || documents.hasNextPage) && (
          <RecordTable
            label={t('library.title')}
            rows={rows}
            columns={libraryColumns().filter((column) => column.id === 'title' || visible.has(column.id))}
            rowId={(row) => row.id}
            rowName={(row) => titleOf(row.title)}
            card={(row) => <LibraryCard row={row} chosen={visible} />}
            onOpen={open}
            onEnd={() => {
              if (documents.hasNextPage && !documents.isFetchingNextPage) void documents.fetchNextPage()
            }}
            loading={documents.isPending || documents.isFetchingNextPage}
            selection={{ chosen, onChange: setChosen }}
            sort={sort}
            onSort={(next) => refine({ sort: documentSorts.find((known) => known === next) })}
          />
        )}
      <SelectionBar chosen={rows.filter((row) => chosen.has(row.id))} onDone={() => setChosen(new Set())} />
    </PageFrame>
  )
}
