// The one door by which this house calls addresses outside: each judged by its form, after resolution, and at every redirect; each call noted
// in the cell before a byte is sent. Must stay true: nothing else opens a connection that leaves the machine; see docs/decisions/0017.
import type { IncomingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { PublicError } from '../../errors.ts'
import { askOnce, type Question } from './ask-once.ts'
import { boundedAnswer, CalledOff, failed } from './bounded-answer.ts'
import { dial } from './dial.ts'
import { OUTBOUND_KINDS, type OutboundKind } from './outbound-kinds.ts'
import { addressRefused, hostOf, portOf, readAddress } from './read-address.ts'
import { type NameServers, resolveAddress } from './resolve-address.ts'

/** One call. */
export interface OutboundCall {
  readonly kind: OutboundKind
  /** Where the call is noted. */
  readonly region: string
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent by POST; without it, GET. */
  readonly body?: string
  readonly signal: AbortSignal
}

/** What came back. `body` is to be read to its end or destroyed. */
export interface OutboundAnswer {
  /** Where it came from in the end. */
  readonly url: URL
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Readable
}

/** Keeps which calls are under way, so that evidence can tell them from others. Answers what to do at the end. */
export type NoteCall = (call: {
  readonly region: string
  readonly kind: OutboundKind
  readonly localPort: number
  readonly remotePort: number
}) => Promise<() => Promise<void>>

export interface OutboundOptions extends NameServers {
  readonly allowsLoopback: boolean
  /** More authorities than those of the system (PEM). */
  readonly ca?: readonly string[]
  /** More ports than those of the kind; tests. */
  readonly ports?: readonly number[]
  readonly note: NoteCall
}

/** The door. */
export interface Outbound {
  /** The address in its one spelling, judged by form alone. Throws `address_refused`. */
  read(kind: OutboundKind, text: string): URL
  /** Judges an address as a call would, by form and by where its host leads, without calling it. Throws as {@link call}. */
  check(kind: OutboundKind, text: string): Promise<URL>
  /**
   * Calls an address. Errors: `address_refused`, `address_unknown`, `address_unreachable`, `address_untrusted`, `address_timed_out`, `address_failed`,
   * `file_too_large`; those of the body come as its error. Any status is an answer, but for redirects that are followed.
   */
  call(call: OutboundCall): Promise<OutboundAnswer>
}

const REDIRECTS = [301, 302, 303, 307, 308]

/** Opens the door. */
export function openOutbound(options: OutboundOptions): Outbound {
  const { allowsLoopback, note } = options

  const read = (kind: OutboundKind, text: string, base?: URL): URL => {
    const { schemes, ports } = OUTBOUND_KINDS[kind]
    return readAddress(text, { schemes, ports: [...ports, ...(options.ports ?? [])], allowsLoopback }, base)
  }

  async function hop(call: OutboundCall, url: URL, signal: AbortSignal) {
    const addresses = await resolveAddress(hostOf(url), options, signal)
    const port = portOf(url)
    const secureHost = url.protocol === 'https:' ? hostOf(url) : null
    const ca = options.ca ? { ca: options.ca } : {}
    const socket = await dial({ addresses, port, secureHost, signal, ...ca })
    const ended = await noted(socket, call, port)
    const end = (): void => void ended().catch(() => undefined)
    if (socket.closed) end()
    else socket.once('close', end)
    const { body } = call
    const question: Question = {
      method: body === undefined ? 'GET' : 'POST',
      url,
      headers: call.headers ?? {},
      ...(body === undefined ? {} : { body }),
    }
    return askOnce(socket, question, signal)
  }

  async function noted(socket: Socket, { region, kind }: OutboundCall, remotePort: number) {
    try {
      return await note({ region, kind, localPort: socket.localPort ?? 0, remotePort })
    } catch (error) {
      socket.destroy()
      throw error
    }
  }

  async function follow(call: OutboundCall, signal: AbortSignal): Promise<OutboundAnswer> {
    const { redirects, largest } = OUTBOUND_KINDS[call.kind]
    let url = read(call.kind, call.url)
    for (let followed = 0; ; followed++) {
      const answer = await hop(call, url, signal)
      const status = answer.statusCode ?? 0
      const { location } = answer.headers
      if (redirects === 0 || !REDIRECTS.includes(status) || location === undefined)
        return { url, status, headers: answer.headers, body: boundedAnswer(answer, largest) }
      answer.destroy()
      if (followed >= redirects) throw failed('redirects')
      const next = read(call.kind, location, url)
      if (url.protocol === 'https:' && next.protocol === 'http:') throw addressRefused('downgrade')
      url = next
    }
  }

  return {
    read: (kind, text) => read(kind, text),
    async check(kind, text) {
      const url = read(kind, text)
      const whole = AbortSignal.timeout(OUTBOUND_KINDS[kind].wholeMs)
      try {
        await resolveAddress(hostOf(url), options, whole)
      } catch (error) {
        if (whole.aborted) throw new PublicError('address_timed_out', undefined, { cause: error })
        throw error
      }
      return url
    },
    async call(call) {
      const whole = AbortSignal.timeout(OUTBOUND_KINDS[call.kind].wholeMs)
      const signal = AbortSignal.any([call.signal, whole])
      try {
        const answer = await follow(call, signal)
        const stop = (): void =>
          void answer.body.destroy(
            whole.aborted
              ? new PublicError('address_timed_out')
              : new CalledOff('called off', { cause: call.signal.reason }),
          )
        if (signal.aborted) stop()
        signal.addEventListener('abort', stop, { once: true })
        answer.body.once('close', () => signal.removeEventListener('abort', stop))
        return answer
      } catch (error) {
        call.signal.throwIfAborted()
        if (whole.aborted) throw new PublicError('address_timed_out', undefined, { cause: error })
        throw error
      }
    },
  }
}
