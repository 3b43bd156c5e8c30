// Notifications with what can be done with them. Marking is shown at once and taken back when the server refuses.
import { Button, Group, Skeleton, Stack } from '@mantine/core'
import { IconBell, IconChecks } from '@tabler/icons-react'
import { type InfiniteData, useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { type ListNotificationsAnswer, markNotification, readNotifications } from '../app/api.gen.ts'
import { queries } from '../app/queries.ts'
import type { Notification } from '../app/records.ts'
import { t } from '../app/t.ts'
import { EmptyScreen } from '../ui/EmptyScreen.tsx'
import { ProblemNote } from '../ui/ProblemNote.tsx'
import { NotificationLine } from './NotificationLine.tsx'
import classes from './NotificationList.module.css'

type Pages = InfiniteData<ListNotificationsAnswer, unknown>

/** All pages with one or all notifications marked; `until` marks those that were told until then. */
function marked(pages: Pages, readAt: string | null, which: (one: Notification) => boolean): Pages {
  return {
    ...pages,
    pages: pages.pages.map((page) => ({
      ...page,
      items: page.items.map((one) => (which(one) ? { ...one, readAt } : one)),
    })),
  }
}

interface Props {
  show: 'all' | 'unread'
  /** The most that are shown; all of them, page by page, when left out. */
  most?: number
  onFollow?: () => void
}

export function NotificationList({ show, most, onFollow }: Props) {
  const queryClient = useQueryClient()
  const options = queries.notifications(show)
  const list = useInfiniteQuery(options)
  const all = list.data?.pages.flatMap(({ items }) => items) ?? []
  const rows = most === undefined ? all : all.slice(0, most)
  const settle = () =>
    Promise.all([
      queryClient.invalidateQueries({ queryKey: ['listNotifications'] }),
      queryClient.invalidateQueries({ queryKey: queries.unread().queryKey }),
    ])
  const showNow = (change: (pages: Pages) => Pages) => {
    const known = queryClient.getQueryData(options.queryKey)
    if (known) queryClient.setQueryData(options.queryKey, change(known))
    return { known }
  }
  const mark = useMutation({
    mutationFn: ({ id, isRead }: { id: string; isRead: boolean }) =>
      markNotification({ path: { id }, body: { isRead } }),
    onMutate: async ({ id, isRead }) => {
      await queryClient.cancelQueries({ queryKey: ['listNotifications'] })
      const readAt = isRead ? new Date().toISOString() : null
      return showNow((pages) => marked(pages, readAt, (one) => one.id === id))
    },
    onError: (_error, _input, context) => queryClient.setQueryData(options.queryKey, context?.known),
    onSettled: settle,
  })
  const readAll = useMutation({
    mutationFn: (until: string) => readNotifications({ body: { until } }),
    onMutate: async () => {
      await queryClient.cancelQueries({ queryKey: ['listNotifications'] })
      return showNow((pages) => marked(pages, new Date().toISOString(), ({ readAt }) => readAt === null))
    },
    onError: (_error, _input, context) => queryClient.setQueryData(options.queryKey, context?.known),
    onSettled: settle,
  })
  const newest = all[0]?.createdAt
  const hasUnread = all.some(({ readAt }) => readAt === null)
  return (
    <>
      {list.isError && <ProblemNote error={list.error} onRetry={() => void list.refetch()} />}
      {(mark.error || readAll.error) && (
        <ProblemNote error={mark.error ?? readAll.error} kept={t('notifications.kept')} />
      )}
      {list.isPending && (
        <Stack aria-busy="true" gap="lg" pt="sm">
          <Skeleton height={14} width="80%" />
          <Skeleton height={14} width="60%" />
          <Skeleton height={14} width="70%" />
        </Stack>
      )}
      {list.isSuccess && rows.length === 0 && (
        <EmptyScreen icon={<IconBell size={28} stroke={1.4} />}>
          {show === 'unread' ? t('notifications.emptyUnread') : t('notifications.empty')}
        </EmptyScreen>
      )}
      {rows.length > 0 && (
        <>
          <Group justify="flex-end" className={classes.bar ?? ''}>
            <Button
              variant="subtle"
              size="compact-sm"
              leftSection={<IconChecks size={16} stroke={1.5} />}
              disabled={!hasUnread}
              onClick={() => newest && readAll.mutate(newest)}
            >
              {t('notifications.readAll')}
            </Button>
          </Group>
          <ul className={classes.list}>
            {rows.map((row) => (
              <NotificationLine
                key={row.id}
                notification={row}
                onMark={(isRead) => mark.mutate({ id: row.id, isRead })}
                onFollow={() => {
                  if (row.readAt === null) mark.mutate({ id: row.id, isRead: true })
                  onFollow?.()
                }}
              />
            ))}
          </ul>
        </>
      )}
      {most === undefined && list.hasNextPage && (
        <Button
          variant="default"
          mt="md"
          loading={list.isFetchingNextPage}
          onClick={() => void list.fetchNextPage()}
        >
          {t('notifications.more')}
        </Button>
      )}
    </>
  )
}
