// Holds the tab's upload queue above the screens, warns before the tab is closed on it, and refreshes the lists it changes.
import { useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useEffect, useState, useSyncExternalStore } from 'react'
import { sendFile } from './send-file.ts'
import { createUploadQueue, type Upload, type UploadQueue } from './upload-queue.ts'

const QueueContext = createContext<UploadQueue | null>(null)

export function UploadProvider({ children }: { children: ReactNode }) {
  const queryClient = useQueryClient()
  const [queue] = useState(() =>
    createUploadQueue(
      sendFile,
      () => performance.now(),
      () => {
        for (const queryKey of [['listDocuments'], ['listActivity']]) {
          // A first answer that is still on its way was asked for before this file was stored.
          void queryClient.cancelQueries({ queryKey }).then(() => queryClient.invalidateQueries({ queryKey }))
        }
      },
    ),
  )
  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => {
      if (queue.snapshot().some(({ state }) => state === 'waiting' || state === 'sending'))
        event.preventDefault()
    }
    window.addEventListener('beforeunload', warn)
    return () => window.removeEventListener('beforeunload', warn)
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
