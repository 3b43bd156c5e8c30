// Mail that is kept here because no mail server is configured. Shown as text; its markup is never run.
import { Skeleton, Text } from '@mantine/core'
import { IconMail } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { queries } from '../app/queries.ts'
import type { Letter } from '../app/records.ts'
import { t } from '../app/t.ts'
import { EmptyScreen } from '../ui/EmptyScreen.tsx'
import { FactList } from '../ui/FactList.tsx'
import { PageFrame } from '../ui/PageFrame.tsx'
import { ProblemNote } from '../ui/ProblemNote.tsx'
import { RecordTable } from '../ui/RecordTable.tsx'
import { SidePanel } from '../ui/SidePanel.tsx'
import { When } from '../ui/When.tsx'
import { LetterText } from './LetterText.tsx'
import classes from './settings.module.css'

export function Outbox() {
  const outbox = useInfiniteQuery(queries.outbox())
  const [openId, setOpenId] = useState<string | null>(null)
  const rows = outbox.data?.pages.flatMap(({ items }) => items) ?? []
  const opened = rows.find((row) => row.id === openId)
  return (
    <PageFrame title={t('outbox.title')}>
      <Text c="dimmed" className={classes.lead}>
        {t('outbox.lead')}
      </Text>
      {outbox.isError && <ProblemNote error={outbox.error} onRetry={() => void outbox.refetch()} />}
      {outbox.isPending && <Skeleton height={120} />}
      {outbox.isSuccess && rows.length === 0 && (
        <EmptyScreen icon={<IconMail size={28} stroke={1.4} />}>{t('outbox.empty')}</EmptyScreen>
      )}
      {rows.length > 0 && (
        <RecordTable<Letter>
          label={t('outbox.title')}
          rows={rows}
          columns={[
            {
              id: 'subject',
              label: t('outbox.subject'),
              width: 'minmax(200px, 1fr)',
              cell: (row) => <bdi className={`cut ${classes.strong}`}>{row.subject}</bdi>,
            },
            {
              id: 'to',
              label: t('outbox.to'),
              width: 'minmax(160px, 0.7fr)',
              cell: (row) => <bdi className="cut">{row.to}</bdi>,
            },
            {
              id: 'sentAt',
              label: t('outbox.sentAt'),
              width: '150px',
              cell: (row) => <When at={row.sentAt} />,
            },
          ]}
          rowId={(row) => row.id}
          rowName={(row) => row.subject}
          onOpen={(row) => setOpenId(row.id)}
          onEnd={() => {
            if (outbox.hasNextPage && !outbox.isFetchingNextPage) void outbox.fetchNextPage()
          }}
          loading={outbox.isFetchingNextPage}
          card={(row) => (
            <div className={classes.card}>
              <bdi className={`cut ${classes.strong}`}>{row.subject}</bdi>
              <div className={`cut ${classes.quiet}`}>
                <bdi>{row.to}</bdi> · <When at={row.sentAt} />
              </div>
            </div>
          )}
        />
      )}
      <SidePanel
        opened={opened !== undefined}
        onClose={() => setOpenId(null)}
        title={<bdi>{opened?.subject}</bdi>}
      >
        {opened && (
          <>
            <FactList
              facts={[
                [t('outbox.to'), <bdi key="to">{opened.to}</bdi>],
                [t('outbox.sentAt'), <When key="at" at={opened.sentAt} />],
              ]}
            />
            <LetterText text={opened.text} />
            <Text c="dimmed" size="sm" mt="md">
              {t('outbox.withheld')}
            </Text>
          </>
        )}
      </SidePanel>
    </PageFrame>
  )
}
