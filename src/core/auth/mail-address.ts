// Mail addresses as accounts use them: one spelling for look-ups, and company domains only.

import { createRequire } from 'node:module'
import { domainToASCII } from 'node:url'
import { PublicError } from '../errors.ts'

const freeDomains = new Set<string>(createRequire(import.meta.url)('email-providers/all.json'))

/** An address in the spelling that is stored and looked up: local part and domain in lower case, domain in ASCII. */
export interface MailAddress {
  readonly address: string
  readonly domain: string
}

/** Reads an address. Throws `invalid_request` when it is none; quoted local parts and address literals are not accepted. */
export function readMailAddress(text: string): MailAddress {
  const match = /^([^\s@"(),:;<>[\\\]]{1,64})@([^\s@]{1,253})$/u.exec(text.trim().normalize('NFC'))
  const domain = domainToASCII(match?.[2] ?? '').toLowerCase()
  const isDomain =
    /^(?=.{4,253}$)([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/.test(domain)
  if (
    !match?.[1] ||
    !isDomain ||
    match[1].startsWith('.') ||
    match[1].endsWith('.') ||
    /\p{C}/u.test(match[1])
  ) {
    throw new PublicError('invalid_request', 'This is not a mail address.', { details: { field: 'email' } })
  }
  return { address: `${match[1].toLowerCase()}@${domain}`, domain }
}

/** Throws `free_mail_domain` when the domain, or one above it, is a free mail service. */
export function refuseFreeMail({ domain }: MailAddress): void {
  const labels = domain.split('.')
  for (let i = 0; i < labels.length - 1; i++) {
    if (freeDomains.has(labels.slice(i).join('.'))) throw new PublicError('free_mail_domain')
  }
}
