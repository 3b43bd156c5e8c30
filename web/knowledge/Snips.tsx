// The feed of snips, newest first, filtered by tag, author and document through the address.
import { Button, Select, Skeleton, Stack } from '@mantine/core'
import { IconQuote, IconX } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { queries } from '../app/queries.ts'
import type { SnipsSearch } from '../app/search-parameters.ts'
import { t } from '../app/t.ts'
import { EmptyScreen } from '../ui/EmptyScreen.tsx'
import { PageFrame } from '../ui/PageFrame.tsx'
import { ProblemNote } from '../ui/ProblemNote.tsx'
import { SnipCard } from './SnipCard.tsx'
import classes from './Snips.module.css'

export function Snips() {
  const search = useSearch({ from: '/app/knowledge/snips' })
  const navigate = useNavigate({ from: '/knowledge/snips' })
  const snips = useInfiniteQuery(
    queries.snips({ documentId: search.document, tag: search.tag, author: search.author }),
  )
  const tags = useQuery(queries.tags())
  const people = useQuery(queries.people())
  const source = useQuery({
    ...queries.document(search.document ?? ''),
    enabled: search.document !== undefined,
  })
  const items = snips.data?.pages.flatMap((page) => page.items) ?? []
  const refine = (members: Partial<SnipsSearch>) =>
    void navigate({ search: (previous) => ({ ...previous, ...members }) })
  const isFiltered = Boolean(search.tag || search.author || search.document)
  const end = useRef<HTMLDivElement>(null)
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = snips
  useEffect(() => {
    if (!end.current || !hasNextPage || isFetchingNextPage) return
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting) void fetchNextPage()
      },
      { rootMargin: '600px' },
    )
    observer.observe(end.current)
    return () => observer.disconnect()
  }, [hasNextPage, isFetchingNextPage, fetchNextPage])

  return (
    <PageFrame
      title={t('snips.title')}
      filters={
        (items.length > 0 || isFiltered) && (
          <>
            <Select
              aria-label={t('snips.tag')}
              placeholder={t('snips.anyTag')}
              clearable
              searchable
              className={classes.filter ?? ''}
              data={(tags.data?.items ?? []).map(({ tag, count }) => ({
                value: tag,
                label: t('snips.tagCount', { tag, count }),
              }))}
              value={search.tag ?? null}
              onChange={(tag) => refine({ tag: tag ?? undefined })}
            />
            <Select
              aria-label={t('snips.author')}
              placeholder={t('snips.anyAuthor')}
              clearable
              searchable
              className={classes.filter ?? ''}
              data={(people.data?.items ?? []).map(({ id, displayName }) => ({
                value: id,
                label: displayName,
              }))}
              value={search.author ?? null}
              onChange={(author) => refine({ author: author ?? undefined })}
            />
            {search.document && (
              <Button
                variant="default"
                className={classes.document ?? ''}
                rightSection={<IconX size={14} />}
                aria-label={t('snips.clearDocument')}
                onClick={() => refine({ document: undefined })}
              >
                <span className="cut">{source.data?.title ?? t('snips.oneDocument')}</span>
              </Button>
            )}
          </>
        )
      }
    >
      {snips.isError && <ProblemNote error={snips.error} onRetry={() => void snips.refetch()} />}
      {snips.isPending && (
        <Stack gap="xl" mt="lg" aria-busy="true">
          {[1, 2, 3].map((key) => (
            <Stack key={key} gap="xs">
              <Skeleton height={20} width="60%" />
              <Skeleton height={14} />
              <Skeleton height={14} width="85%" />
            </Stack>
          ))}
        </Stack>
      )}
      {snips.isSuccess && items.length === 0 && (
        <EmptyScreen
          icon={<IconQuote size={28} stroke={1.4} />}
          action={
            isFiltered ? (
              <Button
                variant="default"
                onClick={() => refine({ tag: undefined, author: undefined, document: undefined })}
              >
                {t('library.clearFilters')}
              </Button>
            ) : (
              <Button component={Link} to="/knowledge">
                {t('snips.openLibrary')}
              </Button>
            )
          }
        >
          {isFiltered ? t('snips.noMatch') : t('snips.empty')}
        </EmptyScreen>
      )}
      <div className={classes.feed}>
        {items.map((snip) => (
          <SnipCard key={snip.id} snip={snip} place="feed" />
        ))}
        <div ref={end} />
        {isFetchingNextPage && <Skeleton height={80} mt="md" />}
      </div>
    </PageFrame>
  )
}
