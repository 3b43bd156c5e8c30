// Mail: to the configured server, or kept in the outbox, sealed, where the web app shows it.
// Must stay true: what is kept is never plain on a disk; the outbox's address is a capability and its secret is never stored; what in a
// mail lets its reader in is shown to whoever holds that address, and to nobody of the tenant.
import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import { createTransport } from 'nodemailer'
import type { CellTables } from '../db/tables.gen.ts'
import { newId } from '../ids.ts'
import type { RegionKeys } from '../keys/region-keys.ts'
import { pageOf, readCursor } from '../page-cursor.ts'
import type { Clock } from '../time.ts'
import {
  type Message,
  noAccountMessage,
  passwordChangedMessage,
  resetMessage,
  verificationMessage,
} from './account-messages.ts'

export interface MailOptions {
  readonly config: { readonly smtpUrl: string | null; readonly mailFrom: string }
  readonly db: (region: string) => Kysely<CellTables>
  readonly keys: (region: string) => RegionKeys
  readonly regions: readonly string[]
  readonly now: Clock
}

export interface LinkMail {
  readonly region: string
  readonly tenant: string | null
  readonly to: string
  readonly url: string
  /** The part of `url` that lets its holder in. */
  readonly secret: string
}

export interface NoticeMail {
  readonly region: string
  readonly tenant: string
  readonly to: string
  readonly message: Message
}

/** A mail that was kept. */
export interface KeptMail extends Message {
  readonly id: string
  readonly tenant: string | null
  readonly to: string
  readonly sentAt: Date
}

/** Which part of a list: behind `cursor`, at most `limit`. */
export interface MailPage {
  readonly cursor?: string | undefined
  readonly limit?: number | undefined
}

export interface KeptMails {
  readonly items: readonly KeptMail[]
  readonly next: string | null
}

/** Sends mail, or keeps it. */
export interface Outbox {
  sendVerification(mail: LinkMail): Promise<void>
  /** A link to another password; to sign-up where the address belongs to no tenant. */
  sendPasswordReset(mail: LinkMail): Promise<void>
  sendPasswordChanged(mail: Omit<NoticeMail, 'message'>): Promise<void>
  /** A mail of a tenant to one of its people that opens nothing. */
  sendNotice(mail: NoticeMail): Promise<void>
  /** Kept mail of one tenant, newest first, without what lets a reader in: its administrators are not the addressees. */
  listOf(region: string, tenant: string, page?: MailPage): Promise<KeptMails>
  /** Kept mail of all regions as it was written, newest first, for whoever holds the outbox's secret; undefined for anybody else. */
  listAll(secret: string, page?: MailPage): Promise<KeptMails | undefined>
  /** The secret in the outbox's address, the same after every start. */
  secret(): Promise<string>
}

interface Kept extends Message {
  readonly to: string
  /** Null where nothing in it lets its reader in. */
  readonly secret: string | null
}

const MOST = 200
/** Stands where a link's secret was. */
const WITHHELD = '…'

/** Opens the way mail takes. */
export function openMail(options: MailOptions): Outbox {
  const { config, db, keys, now } = options
  const transport = config.smtpUrl === null ? null : createTransport(config.smtpUrl)

  async function send(
    { region, tenant, to, secret }: Pick<LinkMail, 'region' | 'tenant' | 'to'> & Pick<Kept, 'secret'>,
    message: Message,
  ): Promise<void> {
    if (transport) {
      await transport.sendMail({ from: config.mailFrom, to, ...message })
      return
    }
    const id = newId(now().getTime())
    const sealed = await keys(region).seal('outbox', id, 'sealed', { to, ...message, secret } satisfies Kept)
    await sql`select cell.keep_mail(${id}::uuid, ${tenant}, ${now()}, ${sealed})`.execute(db(region))
  }

  async function list(
    region: string,
    tenant: string | null,
    { cursor, limit = MOST }: MailPage,
  ): Promise<(KeptMail & Kept)[]> {
    const before = cursor === undefined ? null : readCursor(cursor).id
    const { rows } = await sql<{ id: string; tenant: string | null; sent_at: Date; sealed: Buffer }>`
      select id, tenant, sent_at, sealed from cell.list_mail(${tenant}, ${before}::uuid, ${limit + 1})`.execute(
      db(region),
    )
    return Promise.all(
      rows.map(async (row) => ({
        ...(await keys(region).open<Kept>('outbox', row.id, 'sealed', row.sealed)),
        id: row.id,
        tenant: row.tenant,
        sentAt: row.sent_at,
      })),
    )
  }

  async function secret(): Promise<string> {
    const first = options.regions[0] ?? ''
    return (await keys(first).blind('outbox', 'address')).toString('base64url')
  }

  return {
    secret,
    sendVerification: (mail) => send(mail, verificationMessage(mail)),
    sendPasswordReset: (mail) =>
      send(mail, mail.tenant === null ? noAccountMessage(mail) : resetMessage(mail)),
    sendPasswordChanged: (mail) => send({ ...mail, secret: null }, passwordChangedMessage()),
    sendNotice: ({ message, ...mail }) => send({ ...mail, secret: null }, message),
    async listOf(region, tenant, page = {}) {
      const { rows, next } = pageOf(await list(region, tenant, page), { limit: page.limit ?? MOST })
      return { items: rows.map(withheld), next }
    },
    async listAll(given, page = {}) {
      if (given !== (await secret())) return undefined
      const all = await Promise.all(options.regions.map((region) => list(region, null, page)))
      const newest = all.flat().sort((a, b) => (a.id < b.id ? 1 : -1))
      const { rows, next } = pageOf(newest, { limit: page.limit ?? MOST })
      return { items: rows, next }
    },
  }
}

/** The mail with everything but what opens something. */
function withheld({ secret, ...mail }: KeptMail & Kept): KeptMail {
  if (secret === null) return mail
  const without = (text: string) => text.replaceAll(secret, WITHHELD)
  return { ...mail, text: without(mail.text), html: without(mail.html) }
}
