// Holds the tab's upload queue above the screens, takes up what an earlier page left, wakes it when the network is back, warns before the
// tab is closed on it, and refreshes the lists it changes.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useEffect, useState, useSyncExternalStore } from 'react'
import { listUploads } from '../app/api.gen.ts'
import { fileSender } from './send-file.ts'
import { createUploadQueue, type Upload, type UploadQueue } from './upload-queue.ts'

const QueueContext = createContext<UploadQueue | null>(null)
/** Some breaks end without anybody being told. */
const wakeEveryMs = 10_000
/** A page that was closed in the middle counts as sending for some seconds. */
const askAgainMs = 9_000

export function UploadProvider({ children }: { children: ReactNode }) {
  const queryClient = useQueryClient()
  const [queue] = useState(() =>
    createUploadQueue(
      fileSender,
      () => performance.now(),
      () => {
        for (const queryKey of [['listDocuments'], ['listActivity']]) {
          // A first answer that is still on its way was asked for before this file was stored.
          void queryClient.cancelQueries({ queryKey }).then(() => queryClient.invalidateQueries({ queryKey }))
        }
      },
    ),
  )
  const { data: open } = useQuery({
    queryKey: ['listUploads'],
    queryFn: ({ signal }) => listUploads(signal),
    refetchInterval: ({ state }) =>
      state.data?.items.some(({ isReceiving }) => isReceiving) ? askAgainMs : false,
  })
  useEffect(() => {
    if (open) queue.setOpen(open.items)
  }, [queue, open])
  useEffect(() => {
    const stop = new AbortController()
    const { signal } = stop
    window.addEventListener(
      'beforeunload',
      (event) => {
        const isMoving = ({ state }: Upload) =>
          ['waiting', 'sending', 'storing', 'interrupted'].includes(state)
        if (queue.snapshot().some(isMoving)) event.preventDefault()
      },
      { signal },
    )
    window.addEventListener('offline', queue.sleep, { signal })
    window.addEventListener('online', queue.wake, { signal })
    const timer = window.setInterval(() => {
      if (window.navigator.onLine && queue.snapshot().some(({ state }) => state === 'interrupted'))
        queue.wake()
    }, wakeEveryMs)
    return () => {
      stop.abort()
      window.clearInterval(timer)
    }
  }, [queue])
  return <QueueContext value={queue}>{children}</QueueContext>
}

export function useUploadQueue(): UploadQueue {
  const queue = useContext(QueueContext)
  if (!queue) throw new Error('no upload queue above this component')
  return queue
}

export function useUploads(): readonly Upload[] {
  const queue = useUploadQueue()
  return useSyncExternalStore(queue.subscribe, queue.snapshot)
}
