// Mail: to the configured server, or kept in the outbox, sealed, where the web app shows it.
// Must stay true: what is kept is never plain on a disk; the outbox's address is a capability and its secret is never stored.
import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import { createTransport } from 'nodemailer'
import type { CellTables } from '../db/tables.gen.ts'
import { newId } from '../ids.ts'
import type { RegionKeys } from '../keys/region-keys.ts'
import type { Clock } from '../time.ts'
import { type Message, verificationMessage } from './verification-message.ts'

export interface MailOptions {
  readonly config: { readonly smtpUrl: string | null; readonly mailFrom: string }
  readonly db: (region: string) => Kysely<CellTables>
  readonly keys: (region: string) => RegionKeys
  readonly regions: readonly string[]
  readonly now: Clock
}

export interface VerificationMail {
  readonly region: string
  readonly tenant: string | null
  readonly to: string
  readonly displayName: string
  readonly url: string
}

/** A mail that was kept. */
export interface KeptMail extends Message {
  readonly id: string
  readonly tenant: string | null
  readonly to: string
  readonly sentAt: Date
}

/** Sends mail, or keeps it. */
export interface Outbox {
  sendVerification(mail: VerificationMail): Promise<void>
  /** Kept mail of a region, newest first, at most 200; of one tenant, or of all. */
  list(region: string, tenant: string | null): Promise<KeptMail[]>
  /** Kept mail of all regions for whoever holds the outbox's secret; undefined for anybody else. */
  listAll(secret: string): Promise<KeptMail[] | undefined>
  /** The secret in the outbox's address, the same after every start. */
  secret(): Promise<string>
}

/** Opens the way mail takes. */
export function openMail(options: MailOptions): Outbox {
  const { config, db, keys, now } = options
  const transport = config.smtpUrl === null ? null : createTransport(config.smtpUrl)

  async function send(region: string, tenant: string | null, to: string, message: Message): Promise<void> {
    if (transport) {
      await transport.sendMail({ from: config.mailFrom, to, ...message })
      return
    }
    const id = newId(now().getTime())
    const sealed = await keys(region).seal('outbox', id, 'sealed', { to, ...message })
    await sql`select cell.keep_mail(${id}::uuid, ${tenant}, ${now()}, ${sealed})`.execute(db(region))
  }

  async function list(region: string, tenant: string | null): Promise<KeptMail[]> {
    const { rows } = await sql<{ id: string; tenant: string | null; sent_at: Date; sealed: Buffer }>`
      select id, tenant, sent_at, sealed from cell.list_mail(${tenant}, null, 200)`.execute(db(region))
    return Promise.all(
      rows.map(async (row) => ({
        ...(await keys(region).open<Message & { to: string }>('outbox', row.id, 'sealed', row.sealed)),
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
    list,
    secret,
    sendVerification: ({ region, tenant, to, ...mail }) =>
      send(region, tenant, to, verificationMessage(mail)),
    async listAll(given) {
      if (given !== (await secret())) return undefined
      const all = await Promise.all(options.regions.map((region) => list(region, null)))
      return all.flat().sort((a, b) => b.sentAt.getTime() - a.sentAt.getTime())
    },
  }
}
