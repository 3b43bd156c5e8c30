// The audit log: everything that happened, newest first, filtered through the address; each event opens with its proof.
import { Button, Select, TextInput } from '@mantine/core'
import { useToggle } from '@mantine/hooks'
import { notifications } from '@mantine/notifications'
import { IconDownload, IconFilter, IconListDetails } from '@tabler/icons-react'
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { createExport } from '../app/api.gen.ts'
import { ApiProblem } from '../app/api-call.ts'
import { formatDevice } from '../app/formatters.ts'
import { queries } from '../app/queries.ts'
import type { AuditEvent } from '../app/records.ts'
import type { AuditSearch } from '../app/search-parameters.ts'
import { t } from '../app/t.ts'
import { EmptyScreen } from '../ui/EmptyScreen.tsx'
import { PageFrame } from '../ui/PageFrame.tsx'
import { ProblemNote } from '../ui/ProblemNote.tsx'
import { type Column, RecordTable } from '../ui/RecordTable.tsx'
import { StateBadge, type Tone } from '../ui/StateBadge.tsx'
import { When } from '../ui/When.tsx'
import { ActorName } from './ActorName.tsx'
import classes from './AuditLog.module.css'
import { actionWords } from './action-words.ts'
import { EventPanel } from './EventPanel.tsx'
import { LogState } from './LogState.tsx'

const tones: Record<AuditEvent['outcome'], Tone> = { done: 'good', refused: 'due', failed: 'failed' }
const outcomes = ['done', 'refused', 'failed'] as const

function columns(): Column<AuditEvent>[] {
  return [
    { id: 'at', label: t('audit.at'), width: '150px', cell: (row) => <When at={row.at} style="stamp" /> },
    {
      id: 'action',
      label: t('audit.action'),
      width: 'minmax(180px, 1.2fr)',
      cell: (row) => (
        <Link
          to="."
          search={(previous) => ({ ...previous, event: row.id })}
          resetScroll={false}
          tabIndex={-1}
          className={`${classes.action} cut`}
        >
          {actionWords(row.action)}
        </Link>
      ),
    },
    {
      id: 'outcome',
      label: t('audit.outcome'),
      width: '100px',
      cell: (row) => <StateBadge tone={tones[row.outcome]}>{t(`audit.outcome.${row.outcome}`)}</StateBadge>,
    },
    {
      id: 'actor',
      label: t('audit.actor'),
      width: 'minmax(120px, 0.8fr)',
      cell: (row) => (
        <span className="cut">
          <ActorName actor={row.actor} />
        </span>
      ),
    },
    {
      id: 'record',
      label: t('audit.record'),
      width: 'minmax(100px, 0.7fr)',
      cell: (row) => <span className="mono cut">{row.record?.id ?? '–'}</span>,
    },
    {
      id: 'ip',
      label: t('audit.ip'),
      width: '120px',
      cell: (row) => <span className="mono cut">{row.ip ?? '–'}</span>,
    },
    {
      id: 'device',
      label: t('audit.device'),
      width: '130px',
      cell: (row) => <span className="cut">{row.userAgent ? formatDevice(row.userAgent) : '–'}</span>,
    },
  ]
}

/** The day after a date field's value, so that "to" includes its day. */
function dayAfter(day: string): string {
  const date = new Date(`${day}T00:00:00`)
  date.setDate(date.getDate() + 1)
  return date.toISOString()
}

export function AuditLog() {
  const search = useSearch({ from: '/app/trust/audit' })
  const navigate = useNavigate({ from: '/trust/audit' })
  const people = useQuery(queries.people())
  const queryClient = useQueryClient()
  const [isOpen, toggleOpen] = useToggle()
  const toggle = () => toggleOpen()
  const { event: openId, from, to, ...filter } = search
  const events = useInfiniteQuery(
    queries.audit({
      action: filter.action,
      actor: filter.actor,
      record: filter.record,
      outcome: filter.outcome,
      from: from ? new Date(`${from}T00:00:00`).toISOString() : undefined,
      to: to ? dayAfter(to) : undefined,
    }),
  )
  const rows = events.data?.pages.flatMap((page) => page.items) ?? []
  const refine = (members: Partial<AuditSearch>) =>
    void navigate({ search: (previous) => ({ ...previous, ...members }), replace: true, resetScroll: false })
  const isFiltered = Object.values({ ...filter, from, to }).some(Boolean)
  const makeExport = useMutation({
    mutationFn: () => createExport({ body: { kind: 'audit' } }),
    onSuccess: () => {
      notifications.show({ message: t('audit.exportStarted') })
      void queryClient.invalidateQueries({ queryKey: ['listActivity'] })
      void navigate({ to: '/activity' })
    },
  })
  if (events.error instanceof ApiProblem && events.error.status === 403) {
    return (
      <PageFrame title={t('audit.title')}>
        <ProblemNote error={events.error} />
      </PageFrame>
    )
  }
  return (
    <PageFrame
      title={t('audit.title')}
      action={
        <Button
          variant="default"
          leftSection={<IconDownload size={16} stroke={1.5} />}
          loading={makeExport.isPending}
          onClick={() => makeExport.mutate()}
        >
          {t('audit.export')}
        </Button>
      }
      filters={
        <>
          <Button
            variant="default"
            className={classes.toggle ?? ''}
            leftSection={<IconFilter size={16} stroke={1.5} />}
            aria-expanded={isOpen}
            onClick={toggle}
          >
            {t('audit.filters')}
          </Button>
          <div className={classes.filters} data-open={isOpen || isFiltered}>
            <Select
              className={classes.filter ?? ''}
              aria-label={t('audit.actor')}
              placeholder={t('audit.anyActor')}
              searchable
              clearable
              data={(people.data?.items ?? []).map(({ id, displayName }) => ({
                value: id,
                label: displayName,
              }))}
              value={search.actor ?? null}
              onChange={(actor) => refine({ actor: actor ?? undefined })}
            />
            <TextInput
              className={classes.filter ?? ''}
              aria-label={t('audit.actionFilter')}
              placeholder={t('audit.actionFilter')}
              defaultValue={search.action ?? ''}
              onKeyDown={(event) => {
                if (event.key === 'Enter') refine({ action: event.currentTarget.value || undefined })
              }}
              onBlur={(event) => refine({ action: event.currentTarget.value || undefined })}
            />
            <Select
              className={classes.narrow ?? ''}
              aria-label={t('audit.outcome')}
              placeholder={t('audit.anyOutcome')}
              clearable
              data={outcomes.map((value) => ({ value, label: t(`audit.outcome.${value}`) }))}
              value={search.outcome ?? null}
              onChange={(value) => refine({ outcome: outcomes.find((one) => one === value) })}
            />
            <TextInput
              className={classes.date ?? ''}
              type="date"
              leftSection={t('audit.fromShort')}
              leftSectionWidth={56}
              aria-label={t('audit.from')}
              value={from ?? ''}
              onChange={(event) => refine({ from: event.currentTarget.value || undefined })}
            />
            <TextInput
              className={classes.date ?? ''}
              type="date"
              leftSection={t('audit.toShort')}
              leftSectionWidth={40}
              aria-label={t('audit.to')}
              value={to ?? ''}
              onChange={(event) => refine({ to: event.currentTarget.value || undefined })}
            />
            {search.record && (
              <Button
                variant="default"
                size="xs"
                onClick={() => refine({ record: undefined })}
                className="mono"
              >
                {t('audit.oneRecord', { id: search.record })}
              </Button>
            )}
          </div>
        </>
      }
    >
      <LogState />
      {makeExport.error && <ProblemNote error={makeExport.error} />}
      {events.isError && <ProblemNote error={events.error} onRetry={() => void events.refetch()} />}
      {events.isSuccess && rows.length === 0 && (
        <EmptyScreen
          icon={<IconListDetails size={28} stroke={1.4} />}
          action={
            isFiltered && (
              <Button variant="default" onClick={() => void navigate({ search: {} })}>
                {t('library.clearFilters')}
              </Button>
            )
          }
        >
          {isFiltered ? t('audit.noMatch') : t('audit.empty')}
        </EmptyScreen>
      )}
      {!events.isError && (rows.length > 0 || events.isPending) && (
        <RecordTable
          label={t('audit.title')}
          rows={rows}
          columns={columns()}
          rowId={(row) => row.id}
          rowName={(row) => actionWords(row.action)}
          card={(row) => (
            <div className={classes.card}>
              <div className="cut">{actionWords(row.action)}</div>
              <div className={classes.facts}>
                <ActorName actor={row.actor} /> · <When at={row.at} style="stamp" />
              </div>
              {row.outcome !== 'done' && (
                <StateBadge tone={tones[row.outcome]}>{t(`audit.outcome.${row.outcome}`)}</StateBadge>
              )}
            </div>
          )}
          onOpen={(row) =>
            void navigate({ search: (previous) => ({ ...previous, event: row.id }), resetScroll: false })
          }
          onEnd={() => {
            if (events.hasNextPage && !events.isFetchingNextPage) void events.fetchNextPage()
          }}
          loading={events.isPending || events.isFetchingNextPage}
        />
      )}
      <EventPanel
        id={openId}
        event={rows.find((row) => row.id === openId)}
        onClose={() =>
          void navigate({ search: (previous) => ({ ...previous, event: undefined }), resetScroll: false })
        }
      />
    </PageFrame>
  )
}
