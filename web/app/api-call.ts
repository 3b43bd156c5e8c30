// One HTTP call of the web app: same-origin cookie, the client header that makes it CSRF-safe, problem+json as ApiProblem.
// Must stay true: callers see either the typed answer or an ApiProblem, never a raw response or a raw network error.

export interface ApiRequest {
  method: string
  path: string
  query?: Record<string, unknown> | undefined
  body?: unknown
  signal?: AbortSignal | undefined
}

/** A refusal the server explained (RFC 9457), or `offline` when nothing came back. */
export class ApiProblem extends Error {
  readonly code: string
  readonly title: string
  readonly detail: string
  readonly status: number
  readonly members: Readonly<Record<string, unknown>>

  constructor(members: Record<string, unknown>, status: number) {
    const text = (name: string, otherwise: string) =>
      typeof members[name] === 'string' ? members[name] : otherwise
    super(text('detail', text('title', `HTTP ${status}`)))
    this.name = 'ApiProblem'
    this.code = text('code', status === 0 ? 'offline' : `http_${status}`)
    this.title = text('title', '')
    this.detail = text('detail', '')
    this.status = status
    this.members = members
  }
}

export const clientHeaders = { 'X-Panoply-Client': 'web' } as const

/** Path and query of a call; undefined and empty query values are left out. */
export function addressOf(path: string, query: Record<string, unknown> = {}): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === null || value === '') continue
    for (const one of Array.isArray(value) ? value : [value]) search.append(name, String(one))
  }
  const text = search.toString()
  return text ? `${path}?${text}` : path
}

/** The problem a response carries, whatever its body turns out to be. */
export function problemOf(body: string, status: number): ApiProblem {
  try {
    const parsed: unknown = JSON.parse(body)
    if (typeof parsed === 'object' && parsed !== null) return new ApiProblem({ ...parsed }, status)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  return new ApiProblem({}, status)
}

/** Calls the API and answers the parsed JSON body (undefined for 204). */
export async function callApi(request: ApiRequest): Promise<unknown> {
  const init: RequestInit = {
    method: request.method,
    credentials: 'same-origin',
    headers: {
      ...clientHeaders,
      Accept: 'application/json',
      ...(request.body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
  }
  if (request.body !== undefined) init.body = JSON.stringify(request.body)
  if (request.signal) init.signal = request.signal
  let response: Response
  try {
    response = await fetch(addressOf(request.path, request.query), init)
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new ApiProblem({}, 0)
  }
  const text = await response.text()
  if (!response.ok) throw problemOf(text, response.status)
  return text === '' ? undefined : JSON.parse(text)
}
