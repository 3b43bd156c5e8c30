// The uploads of this tab: three at a time, pause, cancel, retry; they go on when the page is left for another screen, and when the
// network comes back. Must stay true: a file too large or of the wrong kind is refused before a byte is sent; nothing that arrived is
// sent twice, also when the file is chosen again after the page was loaded anew.
import { ApiProblem } from '../app/api-call.ts'

/** 100 MB as the server counts them; a journey in the browser holds the two together. */
export const largestFile = 100 * 2 ** 20
const atOnce = 3

/**
 * `paused` by the person; `interrupted` by the network or the server, goes on by itself; `left` unfinished by another page, whose file
 * only the person can give again.
 */
export type UploadState =
  | 'waiting'
  | 'sending'
  | 'storing'
  | 'paused'
  | 'interrupted'
  | 'left'
  | 'done'
  | 'failed'
  | 'cancelled'
  | 'refused'

export interface Upload {
  key: string
  name: string
  size: number
  state: UploadState
  /** Bytes sent; of what does not move now, bytes that are safe. */
  sent: number
  /** Bytes per second over the sending, 0 before there is any. */
  speed: number
  problem: ApiProblem | null
  documentId: string | null
  /** A document with this file name is in the library already; both are kept. */
  sameName: boolean
  /** The very same file was stored before; the server answered that document and added nothing. */
  wasThere: boolean
}

/** An upload that the server has and that is not finished. */
export interface OpenUpload {
  id: string
  fileName: string
  size: number
  offset: number
  modifiedAt: number | null
  isReceiving: boolean
}

export interface Sending {
  finished: Promise<{ id: string; wasThere: boolean }>
  /** Stops; what arrived stays where it is. */
  stop: () => void
}
export interface Sender {
  /** Sends a file, the rest of it when `uploadId` names what arrived before. `onStarted` hears the id as soon as there is one. */
  send: (
    file: File,
    uploadId: string | null,
    on: { progress: (sent: number) => void; started: (uploadId: string) => void },
  ) => Sending
  /** Removes what arrived of an upload. */
  end: (uploadId: string) => Promise<void>
}

/** Why a file is not even sent, or null. */
export function refusalOf(file: { name: string; size: number; type: string }): ApiProblem | null {
  if (file.size === 0) return new ApiProblem({ code: 'empty_file' }, 422)
  if (file.size > largestFile) return new ApiProblem({ code: 'file_too_large' }, 413)
  const isPdf = file.type === 'application/pdf' || /\.pdf$/i.test(file.name)
  return isPdf ? null : new ApiProblem({ code: 'not_a_pdf' }, 415)
}

interface Held {
  upload: Upload
  file: File | null
  sending: Sending | null
  uploadId: string | null
}

export interface UploadQueue {
  subscribe: (listener: () => void) => () => void
  snapshot: () => readonly Upload[]
  add: (files: readonly File[], isKnownName: (name: string) => boolean) => void
  /** Takes up what the server says is unfinished. */
  setOpen: (open: readonly OpenUpload[]) => void
  pause: (key: string) => void
  cancel: (key: string) => void
  /** Starts again, or goes on where there is something to go on from. */
  retry: (key: string) => void
  /** The network is gone: what is being sent waits for it. */
  sleep: () => void
  /** The network may be back: what was interrupted goes on. */
  wake: () => void
  clear: () => void
}

/** A queue over a way to send; `now` is milliseconds, `onDone` hears of every stored file. */
export function createUploadQueue(
  sender: Sender,
  now: () => number,
  onDone: (documentId: string) => void,
): UploadQueue {
  const listeners = new Set<() => void>()
  let held: Held[] = []
  let shown: readonly Upload[] = []
  let counter = 0
  /** Unfinished uploads that nobody here sends; those that another page is sending are known, and not shown. */
  let open: readonly OpenUpload[] = []
  /** Removed here; a list that was asked for before still names them. */
  const ended = new Set<string>()

  const publish = () => {
    shown = held.map((one) => one.upload)
    for (const listener of listeners) listener()
  }
  const change = (one: Held, members: Partial<Upload>) => {
    one.upload = { ...one.upload, ...members }
    publish()
  }
  const isActive = (one: Held) => one.upload.state === 'sending' || one.upload.state === 'storing'
  const hold = (name: string, size: number, members: Partial<Upload>, of: Partial<Held>): Held => {
    counter += 1
    const upload: Upload = {
      key: `upload-${counter}`,
      name,
      size,
      state: 'waiting',
      sent: 0,
      speed: 0,
      problem: null,
      documentId: null,
      sameName: false,
      wasThere: false,
      ...members,
    }
    const one = { upload, file: null, sending: null, uploadId: null, ...of }
    held = [...held, one]
    return one
  }

  const start = async (one: Held & { file: File }) => {
    const startedAt = now()
    let first: number | null = null
    change(one, { state: 'sending', speed: 0, problem: null })
    const sending = sender.send(one.file, one.uploadId, {
      progress: (sent) => {
        if (one.sending !== sending || !isActive(one)) return
        // What arrived before does not make the sending faster.
        first ??= sent
        const seconds = Math.max(0.001, (now() - startedAt) / 1000)
        const speed = (sent - first) / seconds
        change(one, { sent, speed, state: sent >= one.upload.size ? 'storing' : 'sending' })
      },
      started: (uploadId) => {
        one.uploadId = uploadId
      },
    })
    one.sending = sending
    try {
      const { id, wasThere } = await sending.finished
      change(one, { state: 'done', sent: one.upload.size, documentId: id, wasThere })
      onDone(id)
    } catch (error) {
      if (isActive(one)) {
        const problem = error instanceof ApiProblem ? error : new ApiProblem({}, 0)
        const mayPass = problem.status === 0 || problem.status >= 500 || problem.status === 423
        change(one, mayPass ? { state: 'interrupted', problem: null } : { state: 'failed', problem })
      }
    }
    if (one.sending === sending) one.sending = null
    next()
  }
  const next = () => {
    for (const one of held) {
      if (held.filter(isActive).length >= atOnce) return
      const { file } = one
      if (one.upload.state === 'waiting' && file) void start(Object.assign(one, { file }))
    }
  }
  const find = (key: string) => held.find((one) => one.upload.key === key)
  const stop = (one: Held) => {
    one.sending?.stop()
    one.sending = null
  }
  const isFileOf = (file: File, { fileName, size, modifiedAt }: OpenUpload) =>
    size === file.size && modifiedAt === file.lastModified && fileName === file.name.normalize('NFC')

  return {
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    snapshot: () => shown,
    add: (files, isKnownName) => {
      for (const file of files) {
        const problem = refusalOf(file)
        const known = open.find(
          (one) => isFileOf(file, one) && !held.some((other) => other.file && other.uploadId === one.id),
        )
        const left = held.find((one) => one.upload.state === 'left' && one.uploadId === known?.id)
        if (left) {
          left.file = file
          change(left, { state: 'waiting', sameName: isKnownName(file.name) })
          continue
        }
        hold(
          file.name,
          file.size,
          { state: problem ? 'refused' : 'waiting', problem, sameName: isKnownName(file.name) },
          { file, uploadId: known?.id ?? null },
        )
      }
      publish()
      next()
    },
    setOpen: (found) => {
      open = found.filter(({ id }) => !ended.has(id))
      // What another page finished or removed meanwhile.
      held = held.filter((one) => one.upload.state !== 'left' || open.some(({ id }) => id === one.uploadId))
      for (const { id, fileName, size, offset, isReceiving } of open) {
        const one = held.find(({ uploadId }) => uploadId === id)
        if (one?.upload.state === 'left') one.upload = { ...one.upload, sent: offset }
        if (!one && !isReceiving) hold(fileName, size, { state: 'left', sent: offset }, { uploadId: id })
      }
      publish()
    },
    pause: (key) => {
      const one = find(key)
      if (!one || !(isActive(one) || one.upload.state === 'waiting')) return
      change(one, { state: 'paused' })
      stop(one)
      next()
    },
    cancel: (key) => {
      const one = find(key)
      if (!one) return
      change(one, { state: 'cancelled' })
      stop(one)
      if (one.uploadId !== null) {
        const { uploadId } = one
        ended.add(uploadId)
        open = open.filter(({ id }) => id !== uploadId)
        one.uploadId = null
        // What could not be removed now ends by itself in a week, or is shown again by the next page.
        sender.end(uploadId).catch(() => undefined)
      }
      next()
    },
    retry: (key) => {
      const one = find(key)
      if (!one?.file || isActive(one)) return
      change(one, { state: 'waiting', problem: null, ...(one.uploadId === null ? { sent: 0 } : {}) })
      next()
    },
    sleep: () => {
      for (const one of held.filter(isActive)) {
        change(one, { state: 'interrupted' })
        stop(one)
      }
    },
    wake: () => {
      for (const one of held)
        if (one.upload.state === 'interrupted') one.upload = { ...one.upload, state: 'waiting' }
      publish()
      next()
    },
    clear: () => {
      held = held.filter((one) => isUnfinished(one.upload))
      publish()
    },
  }
}

/** It is not over: it goes on, or it can. */
export function isUnfinished({ state }: Upload): boolean {
  return !['done', 'failed', 'cancelled', 'refused'].includes(state)
}
