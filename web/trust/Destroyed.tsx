// What was destroyed for good: which record, how far it is, and its certificate to take away.
import { Button, Text } from '@mantine/core'
import { IconCertificate, IconFlame } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { queries } from '../app/queries.ts'
import type { Destruction } from '../app/records.ts'
import { t } from '../app/t.ts'
import { EmptyScreen } from '../ui/EmptyScreen.tsx'
import { PageFrame } from '../ui/PageFrame.tsx'
import { ProblemNote } from '../ui/ProblemNote.tsx'
import { type Column, RecordTable } from '../ui/RecordTable.tsx'
import { StateBadge, type Tone } from '../ui/StateBadge.tsx'
import { When } from '../ui/When.tsx'
import classes from './Destroyed.module.css'

const tones: Record<Destruction['state'], Tone> = {
  waiting: 'due',
  forgetting: 'busy',
  erased: 'busy',
  certified: 'good',
}

function Certificate({ row }: { row: Destruction }) {
  if (row.state !== 'certified') return <span className={classes.quiet}>{t('destroyed.notYet')}</span>
  return (
    <Button
      component="a"
      href={`/v1/destructions/${row.id}/certificate`}
      download
      variant="subtle"
      size="compact-sm"
      leftSection={<IconCertificate size={16} stroke={1.6} aria-hidden="true" />}
    >
      {t('destroyed.download')}
    </Button>
  )
}

const state = (row: Destruction) => (
  <StateBadge tone={tones[row.state]}>{t(`destroyed.state.${row.state}`)}</StateBadge>
)

function columns(): Column<Destruction>[] {
  return [
    {
      id: 'destroyedAt',
      label: t('destroyed.at'),
      width: '150px',
      cell: (row) => <When at={row.destroyedAt} style="stamp" />,
    },
    {
      id: 'kind',
      label: t('destroyed.kind'),
      width: '120px',
      cell: (row) => t(`destroyed.kind.${row.kind}`),
    },
    {
      id: 'subject',
      label: t('audit.record'),
      width: 'minmax(160px, 1fr)',
      cell: (row) => (
        <Link to="/trust/audit" search={{ record: row.subjectId }} className="mono cut">
          {row.subjectId}
        </Link>
      ),
    },
    { id: 'keys', label: t('destroyed.keys'), width: '80px', cell: (row) => row.keys },
    { id: 'state', label: t('destroyed.state'), width: '150px', cell: state },
    {
      id: 'certificate',
      label: t('destroyed.certificate'),
      width: '180px',
      cell: (row) => <Certificate row={row} />,
    },
  ]
}

export function Destroyed() {
  const found = useInfiniteQuery(queries.destructions())
  const navigate = useNavigate()
  const rows = found.data?.pages.flatMap(({ items }) => items) ?? []
  return (
    <PageFrame title={t('destroyed.title')}>
      <Text c="dimmed" className={classes.lead}>
        {t('destroyed.lead')}
      </Text>
      {found.isError && <ProblemNote error={found.error} onRetry={() => void found.refetch()} />}
      {found.isSuccess && rows.length === 0 && (
        <EmptyScreen icon={<IconFlame size={28} stroke={1.4} />}>{t('destroyed.empty')}</EmptyScreen>
      )}
      {!found.isError && (found.isPending || rows.length > 0) && (
        <RecordTable
          label={t('destroyed.title')}
          rows={rows}
          columns={columns()}
          rowId={(row) => row.id}
          rowName={(row) => `${t(`destroyed.kind.${row.kind}`)} ${row.subjectId}`}
          loading={found.isPending}
          onOpen={(row) => void navigate({ to: '/trust/audit', search: { record: row.subjectId } })}
          card={(row) => (
            <>
              <div className={classes.card}>
                <div className="cut">
                  {t(`destroyed.kind.${row.kind}`)} · <When at={row.destroyedAt} />
                </div>
                <div className={`mono cut ${classes.quiet}`}>{row.subjectId}</div>
              </div>
              {row.state === 'certified' ? <Certificate row={row} /> : state(row)}
            </>
          )}
        />
      )}
      {found.hasNextPage && (
        <Button
          variant="default"
          mt="md"
          loading={found.isFetchingNextPage}
          onClick={() => void found.fetchNextPage()}
        >
          {t('destroyed.more')}
        </Button>
      )}
    </PageFrame>
  )
}
