// What each address may carry after the question mark. Anything unknown or malformed is dropped, never an error.

type Raw = Record<string, unknown>

function text(raw: Raw, name: string, longest = 600): string | undefined {
  const value = raw[name]
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '' ? value.slice(0, longest) : undefined
}
function whole(raw: Raw, name: string): number | undefined {
  const value = Number(raw[name])
  return Number.isSafeInteger(value) && value > 0 ? value : undefined
}
function oneOf<T extends string>(raw: Raw, name: string, allowed: readonly T[]): T | undefined {
  return allowed.find((value) => value === raw[name])
}
/** Leaves out what is undefined, so addresses stay short. */
function present<T extends object>(members: T): Partial<T> {
  const out: Partial<T> = { ...members }
  for (const name in out) if (out[name] === undefined) delete out[name]
  return out
}

export const documentSorts = [
  '-createdAt',
  'createdAt',
  '-updatedAt',
  'updatedAt',
  'title',
  '-title',
  'size',
  '-size',
  'pageCount',
  '-pageCount',
  'snipCount',
  '-snipCount',
] as const
export type DocumentSort = (typeof documentSorts)[number]
export const documentStates = ['ready', 'reading', 'unreadable'] as const

export interface AppSearch {
  seal?: string | undefined
  bell?: 'open' | undefined
}
export interface NotificationSearch {
  show?: 'unread' | undefined
}
export interface LibrarySearch {
  q?: string | undefined
  sort?: DocumentSort | undefined
  state?: (typeof documentStates)[number] | undefined
  columns?: string | undefined
}
export interface ReaderSearch {
  page?: number | undefined
  snip?: string | undefined
  find?: string | undefined
  panel?: 'snips' | 'none' | undefined
  thumbnails?: 'shown' | undefined
}
export interface SnipsSearch {
  tag?: string | undefined
  author?: string | undefined
  document?: string | undefined
}
export interface FindSearch {
  q?: string | undefined
  kind?: 'document' | 'snip' | undefined
}
export interface AuditSearch {
  action?: string | undefined
  actor?: string | undefined
  record?: string | undefined
  outcome?: 'done' | 'refused' | 'failed' | undefined
  from?: string | undefined
  to?: string | undefined
  event?: string | undefined
}
export const claimStates = ['PASS', 'FAIL', 'UNKNOWN', 'NOT SET UP HERE'] as const
export interface ClaimsSearch {
  status?: (typeof claimStates)[number] | undefined
  theme?: string | undefined
  q?: string | undefined
}
export interface EntrySearch {
  next?: string | undefined
  email?: string | undefined
  token?: string | undefined
  /** What sent here, for words that differ. */
  from?: 'reset' | undefined
}

export function appSearch(raw: Raw): AppSearch {
  return present({ seal: text(raw, 'seal'), bell: oneOf(raw, 'bell', ['open'] as const) })
}
export function notificationSearch(raw: Raw): NotificationSearch {
  return present({ show: oneOf(raw, 'show', ['unread'] as const) })
}
export function librarySearch(raw: Raw): LibrarySearch {
  return present({
    q: text(raw, 'q'),
    sort: oneOf(raw, 'sort', documentSorts),
    state: oneOf(raw, 'state', documentStates),
    columns: text(raw, 'columns'),
  })
}
export function readerSearch(raw: Raw): ReaderSearch {
  return present({
    page: whole(raw, 'page'),
    snip: text(raw, 'snip'),
    find: text(raw, 'find'),
    panel: oneOf(raw, 'panel', ['snips', 'none'] as const),
    thumbnails: oneOf(raw, 'thumbnails', ['shown'] as const),
  })
}
export function snipsSearch(raw: Raw): SnipsSearch {
  return present({ tag: text(raw, 'tag'), author: text(raw, 'author'), document: text(raw, 'document') })
}
export function findSearch(raw: Raw): FindSearch {
  return present({ q: text(raw, 'q'), kind: oneOf(raw, 'kind', ['document', 'snip'] as const) })
}
export function auditSearch(raw: Raw): AuditSearch {
  return present({
    action: text(raw, 'action'),
    actor: text(raw, 'actor'),
    record: text(raw, 'record'),
    outcome: oneOf(raw, 'outcome', ['done', 'refused', 'failed'] as const),
    from: text(raw, 'from'),
    to: text(raw, 'to'),
    event: text(raw, 'event'),
  })
}

export function claimsSearch(raw: Raw): ClaimsSearch {
  return present({
    status: oneOf(raw, 'status', claimStates),
    theme: text(raw, 'theme'),
    q: text(raw, 'q'),
  })
}

/** Only an address inside the app may be the place to go on to after sign-in. Browsers read `/<tab>/` as `//`, so none has control characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
const INSIDE = /^\/(?![/\\])[^\u0000-\u001f\u007f]*$/

export function entrySearch(raw: Raw): EntrySearch {
  const next = text(raw, 'next')
  return present({
    next: next && INSIDE.test(next) ? next : undefined,
    email: text(raw, 'email'),
    // As long as the server takes: a part of a link opens nothing.
    token: text(raw, 'token', 4096),
    from: oneOf(raw, 'from', ['reset']),
  })
}
