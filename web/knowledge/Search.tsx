// The full search page: one field, kinds, hits with the passage that matched; everything in the address.
import { Button, SegmentedControl, Skeleton, Stack, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconFileText, IconQuote, IconRosetteDiscountCheck, IconSearch } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { queries } from '../app/queries.ts'
import type { SearchHit } from '../app/records.ts'
import type { FindSearch } from '../app/search-parameters.ts'
import { maybeText, t } from '../app/t.ts'
import { useSealCode } from '../app/use-seal-code.ts'
import { EmptyScreen } from '../ui/EmptyScreen.tsx'
import { PageFrame } from '../ui/PageFrame.tsx'
import { PersonName } from '../ui/PersonName.tsx'
import { ProblemNote } from '../ui/ProblemNote.tsx'
import { Seal } from '../ui/Seal.tsx'
import { When } from '../ui/When.tsx'
import classes from './Search.module.css'
import { titleOf } from './title-of.ts'

const step = 20
const most = 100

export function Search() {
  const { q = '', kind } = useSearch({ from: '/app/search' })
  const navigate = useNavigate({ from: '/search' })
  const [typed, setTyped] = useState(q)
  const [limit, setLimit] = useState(step)
  const found = useQuery({ ...queries.search(q, kind, limit), placeholderData: keepPreviousData })
  const refine = (members: Partial<FindSearch>) => {
    setLimit(step)
    void navigate({ search: (previous) => ({ ...previous, ...members }), replace: true })
  }
  const refineText = useDebouncedCallback((text: string) => refine({ q: text || undefined }), 200)
  const hits = q.trim() === '' ? [] : (found.data?.items ?? [])
  const { sealed } = useSealCode(q)
  const suggestion = found.data?.suggestion
  return (
    <PageFrame
      title={t('search.title')}
      filters={
        <>
          <search className={classes.field}>
            <TextInput
              autoFocus
              size="md"
              leftSection={<IconSearch size={18} stroke={1.5} />}
              aria-label={t('search.label')}
              placeholder={t('search.label')}
              value={typed}
              onChange={(event) => {
                setTyped(event.currentTarget.value)
                refineText(event.currentTarget.value)
              }}
            />
          </search>
          <SegmentedControl
            aria-label={t('search.kind')}
            data={[
              { value: 'all', label: t('search.all') },
              { value: 'document', label: t('search.documents') },
              { value: 'snip', label: t('search.snips') },
            ]}
            value={kind ?? 'all'}
            onChange={(value) =>
              refine({ kind: value === 'document' || value === 'snip' ? value : undefined })
            }
          />
        </>
      }
    >
      {found.isError && <ProblemNote error={found.error} onRetry={() => void found.refetch()} />}
      {q.trim() === '' && (
        <EmptyScreen icon={<IconSearch size={28} stroke={1.4} />}>{t('search.empty')}</EmptyScreen>
      )}
      {q.trim() !== '' && found.isPending && (
        <Stack gap="lg" mt="lg" aria-busy="true">
          {[1, 2, 3].map((key) => (
            <Stack key={key} gap="xs">
              <Skeleton height={16} width="40%" />
              <Skeleton height={14} />
            </Stack>
          ))}
        </Stack>
      )}
      {sealed && (
        <Button
          variant="default"
          mb="md"
          leftSection={<IconRosetteDiscountCheck size={18} stroke={1.5} />}
          onClick={sealed.open}
        >
          {t('search.sealed', {
            code: sealed.code,
            kind: maybeText(`seal.kind.${sealed.kind}`) ?? sealed.kind,
          })}
        </Button>
      )}
      {found.isSuccess && q.trim() !== '' && (
        <>
          <p role="status" className={classes.count}>
            {t('search.count', { count: found.data.total })}
            {suggestion && (
              <>
                {' '}
                {t('search.suggestion')}{' '}
                <Link to="/search" search={{ q: suggestion, kind }} onClick={() => setTyped(suggestion)}>
                  {suggestion}
                </Link>
              </>
            )}
          </p>
          {hits.length === 0 && !sealed && (
            <EmptyScreen icon={<IconSearch size={28} stroke={1.4} />}>{t('search.none')}</EmptyScreen>
          )}
          <ol className={classes.hits} data-old={found.isPlaceholderData || undefined}>
            {hits.map((hit) => (
              <Hit key={`${hit.id}-${hit.page}`} hit={hit} query={q} />
            ))}
          </ol>
          {found.data.total > hits.length && limit < most && (
            <Button
              variant="default"
              loading={found.isFetching}
              onClick={() => setLimit(Math.min(most, limit + step))}
            >
              {t('search.more')}
            </Button>
          )}
          {hits.length >= most && found.data.total > most && (
            <p className={classes.count}>{t('search.narrow', { count: most })}</p>
          )}
        </>
      )}
    </PageFrame>
  )
}

function Hit({ hit, query }: { hit: SearchHit; query: string }) {
  const isSnip = hit.kind === 'snip'
  const Icon = isSnip ? IconQuote : IconFileText
  return (
    <li className={classes.hit}>
      <div className={classes.head}>
        <Icon
          size={18}
          stroke={1.5}
          className={classes.icon}
          aria-label={isSnip ? t('search.isSnip') : t('search.isDocument')}
        />
        <Link
          to="/knowledge/documents/$documentId"
          params={{ documentId: hit.documentId }}
          search={
            isSnip ? { snip: hit.id } : { page: hit.page ?? undefined, find: hit.page ? query : undefined }
          }
          className={classes.title}
        >
          <bdi>{titleOf(hit.title)}</bdi>
        </Link>
        {hit.page !== null && <span className={classes.page}>{t('snip.page', { page: hit.page })}</span>}
        <Seal id={hit.id} name={titleOf(hit.title)} />
      </div>
      <p className={`reading ${classes.passage}`}>
        {hit.passage.map((part, index) =>
          part.match ? (
            // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a passage are a fixed list.
            <mark key={index}>{part.text}</mark>
          ) : (
            part.text
          ),
        )}
      </p>
      <p className={classes.by}>
        <PersonName id={hit.createdBy} />, <When at={hit.createdAt} />
      </p>
    </li>
  )
}
