// The uploads of this tab: three at a time, cancel, retry; they go on when the page is left for another screen.
// Must stay true: a file too large or of the wrong kind is refused before a byte is sent; a cut connection loses nothing but time.
import { ApiProblem } from '../app/api-call.ts'

export const largestFile = 100_000_000
const atOnce = 3

export type UploadState = 'waiting' | 'sending' | 'storing' | 'done' | 'failed' | 'cancelled' | 'refused'

export interface Upload {
  key: string
  name: string
  size: number
  state: UploadState
  sent: number
  /** Bytes per second over the whole sending, 0 before there is any. */
  speed: number
  problem: ApiProblem | null
  documentId: string | null
  /** A document with this file name is in the library already; both are kept. */
  sameName: boolean
  /** The very same file was stored before; the server answered that document and added nothing. */
  wasThere: boolean
}

export interface Sending {
  finished: Promise<{ id: string; wasThere: boolean }>
  abort: () => void
}
export type SendFile = (file: File, onProgress: (sent: number) => void) => Sending

/** Why a file is not even sent, or null. */
export function refusalOf(file: { name: string; size: number; type: string }): ApiProblem | null {
  if (file.size === 0) return new ApiProblem({ code: 'empty_file' }, 422)
  if (file.size > largestFile) return new ApiProblem({ code: 'file_too_large' }, 413)
  const isPdf = file.type === 'application/pdf' || /\.pdf$/i.test(file.name)
  return isPdf ? null : new ApiProblem({ code: 'not_a_pdf' }, 415)
}

interface Held {
  upload: Upload
  file: File
  sending: Sending | null
}

export interface UploadQueue {
  subscribe: (listener: () => void) => () => void
  snapshot: () => readonly Upload[]
  add: (files: readonly File[], isKnownName: (name: string) => boolean) => void
  cancel: (key: string) => void
  retry: (key: string) => void
  clear: () => void
}

/** A queue over a way to send; `now` is milliseconds, `onDone` hears of every stored file. */
export function createUploadQueue(
  send: SendFile,
  now: () => number,
  onDone: (documentId: string) => void,
): UploadQueue {
  const listeners = new Set<() => void>()
  let held: Held[] = []
  let shown: readonly Upload[] = []
  let counter = 0

  const publish = () => {
    shown = held.map((one) => one.upload)
    for (const listener of listeners) listener()
  }
  const change = (one: Held, members: Partial<Upload>) => {
    one.upload = { ...one.upload, ...members }
    publish()
  }
  const isActive = (one: Held) => one.upload.state === 'sending' || one.upload.state === 'storing'

  const start = async (one: Held) => {
    const startedAt = now()
    change(one, { state: 'sending', sent: 0, problem: null })
    const sending = send(one.file, (sent) => {
      const seconds = Math.max(0.001, (now() - startedAt) / 1000)
      change(one, { sent, speed: sent / seconds, state: sent >= one.file.size ? 'storing' : 'sending' })
    })
    one.sending = sending
    try {
      const { id, wasThere } = await sending.finished
      change(one, { state: 'done', sent: one.file.size, documentId: id, wasThere })
      onDone(id)
    } catch (error) {
      if (one.upload.state !== 'cancelled') {
        change(one, { state: 'failed', problem: error instanceof ApiProblem ? error : new ApiProblem({}, 0) })
      }
    }
    one.sending = null
    next()
  }
  const next = () => {
    for (const one of held) {
      if (held.filter(isActive).length >= atOnce) return
      if (one.upload.state === 'waiting') void start(one)
    }
  }
  const find = (key: string) => held.find((one) => one.upload.key === key)

  return {
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    snapshot: () => shown,
    add: (files, isKnownName) => {
      for (const file of files) {
        counter += 1
        const problem = refusalOf(file)
        const upload: Upload = {
          key: `upload-${counter}`,
          name: file.name,
          size: file.size,
          state: problem ? 'refused' : 'waiting',
          sent: 0,
          speed: 0,
          problem,
          documentId: null,
          sameName: isKnownName(file.name),
          wasThere: false,
        }
        held = [...held, { upload, file, sending: null }]
      }
      publish()
      next()
    },
    cancel: (key) => {
      const one = find(key)
      if (!one) return
      change(one, { state: 'cancelled' })
      one.sending?.abort()
      next()
    },
    retry: (key) => {
      const one = find(key)
      if (!one || isActive(one)) return
      change(one, { state: 'waiting', sent: 0, problem: null })
      next()
    },
    clear: () => {
      held = held.filter((one) => isActive(one) || one.upload.state === 'waiting')
      publish()
    },
  }
}
