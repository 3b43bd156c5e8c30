// Mail addresses as accounts use them: one spelling for look-ups, nothing that looks like another address, and company domains only.

import { createRequire } from 'node:module'
import { domainToASCII } from 'node:url'
import { parse } from 'tldts'
import { PublicError } from '../errors.ts'
import { companySuffixes, moreFreeMail } from './free-mail.ts'

const freeDomains = new Set<string>([
  ...createRequire(import.meta.url)('email-providers/all.json'),
  ...moreFreeMail,
])
const companies = new Set(companySuffixes)

/** RFC 5321 Dot-string. */
const LOCAL = /^(?=.{1,64}$)[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/
const DOMAIN = /^(?=.{4,253}$)([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/

/** An address in the spelling that is stored and looked up: local part and domain in lower case, domain in ASCII. */
export interface MailAddress {
  readonly address: string
  readonly domain: string
}

/**
 * Reads an address. Throws `invalid_request` when it is none. Quoted local parts and address literals are not accepted, nor is a
 * local part with anything but ASCII: `аda@` with a Cyrillic a would be another account that reads like a colleague's.
 */
export function readMailAddress(text: string): MailAddress {
  const [given = '', host = '', ...more] = text.trim().split('@')
  const domain = asciiOf(host.toLowerCase())
  const local = given.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
  if (more.length > 0 || !LOCAL.test(local) || !DOMAIN.test(domain)) {
    throw new PublicError('invalid_request', 'This is not a mail address that can have an account.', {
      details: { field: 'email' },
    })
  }
  return { address: `${local}@${domain}`, domain }
}

/** A domain in ASCII; one that has nothing else, and no label that stands for more, is so already. */
function asciiOf(domain: string): string {
  return DOMAIN.test(domain) && !domain.includes('xn--') ? domain : domainToASCII(domain).toLowerCase()
}

/** Throws `free_mail_domain` when the domain is no company's: a free mail service, below one, or where anybody gets a name. */
export function refuseFreeMail({ domain }: MailAddress): void {
  const labels = domain.split('.')
  for (let i = 0; i < labels.length - 1; i++) {
    if (freeDomains.has(labels.slice(i).join('.'))) throw new PublicError('free_mail_domain')
  }
  const { publicSuffix, isPrivate } = parse(domain, { allowPrivateDomains: true })
  if (publicSuffix === domain || (isPrivate === true && !companies.has(publicSuffix ?? '')))
    throw new PublicError('free_mail_domain')
}
