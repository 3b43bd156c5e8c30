// From a host to the addresses that will be connected to, all of them judged. Asked of the name servers directly: the system's own way
// blocks a thread of the pool for as long as a name server pleases. Must stay true: one inside address among them refuses the host.
import { Resolver } from 'node:dns/promises'
import { isIP } from 'node:net'
import { PublicError } from '../../errors.ts'
import { isInside, isLoopback } from './inside-address.ts'
import { STEP_MS } from './outbound-kinds.ts'
import { addressRefused, isLocalName } from './read-address.ts'

/** Addresses tried one after the other. */
const MOST = 4
/** What a resolver says of a name that has no address. */
const UNKNOWN = ['ENOTFOUND', 'ENODATA', 'EBADNAME', 'EBADRESP', 'EBADFAMILY']

/** Whose name servers are asked; the machine's unless said (`host:port`). */
export interface NameServers {
  readonly servers?: readonly string[]
}

/**
 * The addresses of a host, IPv4 first. Errors: `address_refused` when any is inside, `address_unknown` when there is none,
 * `address_unreachable` when no name server answers.
 */
export async function resolveAddress(
  host: string,
  { allowsLoopback, servers }: NameServers & { readonly allowsLoopback: boolean },
  signal: AbortSignal,
): Promise<string[]> {
  const found =
    isIP(host) !== 0 ? [host] : isLocalName(host) ? ['127.0.0.1', '::1'] : await ask(host, servers, signal)
  const mayCall = (address: string): boolean =>
    allowsLoopback && isLoopback(address) ? true : !isInside(address)
  if (!found.every(mayCall)) throw addressRefused('inside')
  return found.slice(0, MOST)
}

async function ask(
  host: string,
  servers: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<string[]> {
  const resolver = new Resolver({ timeout: STEP_MS.resolve / 2, tries: 2 })
  if (servers) resolver.setServers(servers)
  const cancel = (): void => resolver.cancel()
  signal.throwIfAborted()
  signal.addEventListener('abort', cancel, { once: true })
  try {
    const answers = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)])
    signal.throwIfAborted()
    const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
    if (found.length > 0) return found
    const causes: unknown[] = answers.flatMap((answer) =>
      answer.status === 'rejected' ? [answer.reason] : [],
    )
    const isUnknown = causes.every((cause) => UNKNOWN.includes(codeOf(cause)))
    throw new PublicError(isUnknown ? 'address_unknown' : 'address_unreachable', undefined, {
      cause: causes[0],
    })
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
