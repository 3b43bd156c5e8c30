// An address as somebody typed it, judged by its form alone: scheme, port, credentials, and the host where it is written as a number.
// Must stay true: what passes here still has to be resolved and judged again; nothing here asks the network.
import { isIP } from 'node:net'
import { PublicError } from '../../errors.ts'
import { isInside, isLoopback } from './inside-address.ts'
import type { OutboundBounds } from './outbound-kinds.ts'

/** Longest address anybody may type, characters. */
export const LONGEST_ADDRESS = 2_048

/** Why an address is refused; `details.reason` of `address_refused`. */
export type AddressReason = 'form' | 'scheme' | 'port' | 'credentials' | 'inside' | 'downgrade'

const WORDS: Record<AddressReason, string> = {
  form: 'This is not the address of anything on the web.',
  scheme: 'Addresses of this kind are not called here.',
  port: 'This port is not called.',
  credentials: 'An address with a user name or a password in it is not called.',
  inside: 'This address does not lead to a public place on the internet.',
  downgrade: 'The address leads from an encrypted place to one that is not.',
}

/** `address_refused` with its reason. */
export function addressRefused(reason: AddressReason): PublicError {
  return new PublicError('address_refused', WORDS[reason], { details: { reason } })
}

/** Which addresses may be called. */
export interface AddressRules extends Pick<OutboundBounds, 'schemes' | 'ports'> {
  /** PANOPLY_ALLOW_LOOPBACK: loopback may be called, at any port. */
  readonly allowsLoopback: boolean
}

/** The address in its one spelling, without fragment. Throws `address_refused`. */
export function readAddress(text: string, rules: AddressRules, base?: URL): URL {
  if (text.length > LONGEST_ADDRESS || !URL.canParse(text, base?.href)) throw addressRefused('form')
  const url = new URL(text, base)
  url.hash = ''
  if (url.href.length > LONGEST_ADDRESS) throw addressRefused('form')
  if (!rules.schemes.some((scheme) => scheme === url.protocol)) throw addressRefused('scheme')
  if (url.username !== '' || url.password !== '') throw addressRefused('credentials')
  const host = hostOf(url)
  if (host === '') throw addressRefused('form')
  const mayBeLoopback = rules.allowsLoopback && (isIP(host) === 0 ? isLocalName(host) : isLoopback(host))
  if (!mayBeLoopback && !rules.ports.includes(portOf(url))) throw addressRefused('port')
  if (isIP(host) !== 0 || isLocalName(host)) {
    if (!mayBeLoopback && (isLocalName(host) || isInside(host))) throw addressRefused('inside')
  }
  return url
}

/** The host without the brackets of an IPv6 address. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1')
}

/** The port in the address, or the scheme's own. */
export function portOf(url: URL): number {
  return url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)
}

/** `localhost` and what stands below it is this machine, whatever a resolver says (RFC 6761). */
export function isLocalName(host: string): boolean {
  return /(^|\.)localhost\.?$/i.test(host)
}
