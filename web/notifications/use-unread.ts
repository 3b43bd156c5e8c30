// Keeps the count of unread notifications as the server has it. One tab of a browser holds the stream and tells the others, because
// a browser has few connections to one server. Without a stream, or where there are too many, it asks once a minute.
// Must stay true: what arrives is a count and no content; a session that has ended is noticed by asking who one is.
import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import type { Unread } from '../app/api.gen.ts'
import { queries } from '../app/queries.ts'

const CHANNEL = 'panoply-unread'
const ASK_EVERY_MS = 60_000
/** How long a stream that was refused is left alone. */
const AGAIN_MS = 5 * 60_000

interface Told {
  readonly type: 'unread' | 'ended'
  readonly unread?: Unread
}

/** Puts a count where the screens look, and has the list asked for again when it is another one. */
function takeIn(queryClient: QueryClient, unread: Unread): void {
  const { queryKey } = queries.unread()
  const known = queryClient.getQueryData(queryKey)
  queryClient.setQueryData(queryKey, unread)
  if (known?.unread === unread.unread && known.newest === unread.newest) return
  void queryClient.invalidateQueries({ queryKey: ['listNotifications'] })
  if (known && known.newest !== unread.newest)
    for (const changed of ['listActivity', 'listDocuments'])
      void queryClient.invalidateQueries({ queryKey: [changed] })
}

function unreadOf(text: unknown): Unread | null {
  try {
    const value: unknown = JSON.parse(String(text))
    if (typeof value !== 'object' || value === null || !('unread' in value) || !('newest' in value))
      return null
    const { unread, newest } = value
    return typeof unread === 'number' && (newest === null || typeof newest === 'string')
      ? { unread, newest }
      : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

/** Holds the stream until `signal`, or until the server will have no more of it. Tells what it hears. */
function holdStream(tell: (told: Told) => void, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const source = new EventSource('/v1/notifications/unread')
    const end = () => {
      source.close()
      resolve()
    }
    source.addEventListener('unread', ({ data }) => {
      const unread = unreadOf(data)
      if (unread) tell({ type: 'unread', unread })
    })
    source.addEventListener('ended', () => {
      tell({ type: 'ended' })
      end()
    })
    // While it tries again by itself it is not closed; a refusal closes it.
    source.addEventListener('error', () => {
      if (source.readyState === EventSource.CLOSED) end()
    })
    signal.addEventListener('abort', end)
  })
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

/** Follows the count for as long as the shell is shown. */
export function useFollowUnread(): void {
  const queryClient = useQueryClient()
  useEffect(() => {
    const leaving = new AbortController()
    const { signal } = leaving
    const channel = new BroadcastChannel(CHANNEL)
    const hear = (told: Told): void => {
      if (told.type === 'unread' && told.unread) takeIn(queryClient, told.unread)
      // Asking again is refused, and a refusal leads to sign-in.
      if (told.type === 'ended') void queryClient.invalidateQueries({ queryKey: queries.me().queryKey })
    }
    const tell = (told: Told): void => {
      hear(told)
      channel.postMessage(told)
    }
    channel.addEventListener('message', ({ data }: MessageEvent<Told>) => hear(data))
    const hold = async (): Promise<void> => {
      while (!signal.aborted) {
        await holdStream(tell, signal)
        await pause(AGAIN_MS, signal)
      }
    }
    const held = navigator.locks.request(CHANNEL, { signal }, hold)
    held.catch((error: unknown) => {
      if (!(error instanceof DOMException && error.name === 'AbortError')) throw error
    })
    // A tab that waits for the lock, and one whose stream was refused, hear nothing else.
    const timer = setInterval(() => {
      const { queryKey, queryFn } = queries.unread()
      const age = Date.now() - (queryClient.getQueryState(queryKey)?.dataUpdatedAt ?? 0)
      if (document.visibilityState !== 'visible' || age < ASK_EVERY_MS || !queryFn) return
      void queryClient.fetchQuery({ ...queries.unread(), staleTime: 0 }).then(
        (unread) => takeIn(queryClient, unread),
        () => undefined,
      )
    }, ASK_EVERY_MS)
    return () => {
      clearInterval(timer)
      leaving.abort()
      channel.close()
    }
  }, [queryClient])
}
