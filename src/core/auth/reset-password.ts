// Somebody has forgotten their password: a mail goes to the address, and its link chooses another.
// Must stay true: asking tells nobody who has an account, by answer or by time, for nothing is looked up but the domain and one mail goes out
// in any case; a link works for an hour, once, and not after the password was replaced in another way.
import type { Ctx } from '../ctx.ts'
import { PublicError } from '../errors.ts'
import { systemActor } from '../tenancy/system-actor.ts'
import type { TenantReader } from '../tenancy/tenant-door.ts'
import {
  hashChosen,
  type KnownPassword,
  mailPasswordChanged,
  readPassword,
  storePassword,
} from './change-password.ts'
import { readMailAddress, refuseFreeMail } from './mail-address.ts'
import { openMailed, sealMailed } from './mailed-token.ts'
import type { Where } from './open-session.ts'
import { passwordPolicyOf } from './password-policy.ts'
import { type OpenedSession, startSession } from './start-session.ts'

const LIFE_MS = 3_600_000

/** What the link carries. */
interface PendingReset {
  readonly address: string
  readonly domain: string
  /** Null where the domain belongs to none: nothing opens with it then. */
  readonly tenant: string | null
  readonly askedAt: string
  readonly expiresAt: string
}

/** Sends the mail, with a link to the region of the address's organisation. Throws `invalid_request` for what is no address, `free_mail_domain`. */
export async function askPasswordReset(
  ctx: Ctx,
  email: string,
  { region }: Pick<Where, 'region'>,
): Promise<{ sent: true }> {
  const mail = readMailAddress(email)
  refuseFreeMail(mail)
  const place = await ctx.directory.findByDomain(mail.domain)
  const home = place?.region ?? ctx.regions.find(({ name }) => name === region)
  if (!home) throw new PublicError('not_found')
  const now = ctx.now()
  const pending: PendingReset = {
    ...mail,
    tenant: place?.tenant ?? null,
    askedAt: now.toISOString(),
    expiresAt: new Date(now.getTime() + LIFE_MS).toISOString(),
  }
  const token = await sealMailed(
    ctx.regionKeys(home.name, 'signup'),
    { region: home.name, kind: 'r' },
    pending,
  )
  await ctx.mail.sendPasswordReset({
    region: home.name,
    tenant: place?.tenant ?? null,
    to: mail.address,
    url: place ? `${home.url}/reset-password?token=${token}` : `${home.url}/sign-up`,
    secret: token,
  })
  return { sent: true }
}

/** What the page behind the link shows. Throws `not_found` when there is no such account or the link was used, `token_expired`. */
export async function readPasswordReset(ctx: Ctx, token: string, where: Where) {
  const { known } = await openReset(ctx, token, where)
  return {
    email: known.email,
    passwordMinimumLength: known.policy.minimumLength,
    region: where.region,
  }
}

/**
 * Stores the chosen password, ends all sessions of the person and opens one. Throws `not_found`, `token_expired`, `weak_password`,
 * `password_reused`, `conflict`, `busy`.
 */
export async function resetPassword(
  ctx: Ctx,
  { token, password }: { readonly token: string; readonly password: string },
  where: Where,
): Promise<OpenedSession> {
  const { known, tenant } = await openReset(ctx, token, where)
  const hash = await hashChosen(ctx, known, password, where.origin.ip)
  const { person } = known
  const actor = { ...systemActor(tenant, where), onBehalfOf: person }
  const role = await ctx.write(
    actor,
    async (tx) => {
      await storePassword(tx, known, { hash, how: 'reset', but: null })
      const member = await tx.db
        .selectFrom('member')
        .select('role')
        .where('person', '=', person)
        .executeTakeFirstOrThrow()
      return member.role
    },
    'people',
  )
  ctx.credentials.forget()
  const opened = await startSession(ctx, {
    tenant,
    person,
    role: role as 'owner' | 'administrator' | 'member',
    password: hash,
    ...where,
  })
  mailPasswordChanged(ctx, { region: where.region, tenant, to: known.email })
  return opened
}

async function openReset(
  ctx: Ctx,
  token: string,
  where: Where,
): Promise<{ known: KnownPassword; tenant: string }> {
  const keys = ctx.regionKeys(where.region, 'signup')
  const pending = await openMailed<PendingReset>(keys, { region: where.region, kind: 'r' }, token, ctx.now())
  const place = await ctx.directory.findByDomain(pending.domain)
  if (place?.region.name !== where.region || place.tenant !== pending.tenant)
    throw new PublicError('not_found')
  const known = await ctx.read(systemActor(place.tenant, where), (tx) => findReset(tx, pending), 'people')
  if (!known) throw new PublicError('not_found')
  return { known, tenant: place.tenant }
}

/** The person a link was sent to, unless their password was replaced since. */
async function findReset(tx: TenantReader, pending: PendingReset): Promise<KnownPassword | undefined> {
  const known = (await passwordPolicyOf(tx)) && (await readPassword(tx, { address: pending.address }))
  const isUsed = known?.changedAt && known.changedAt >= new Date(pending.askedAt)
  tx.audit({
    action: 'core.password.resetOpened',
    ...(known ? { record: { kind: 'person', id: known.person } } : {}),
    ...(known && !isUsed
      ? {}
      : { outcome: 'refused' as const, detail: { reason: known ? 'used' : 'unknown' } }),
  })
  return known && !isUsed ? known : undefined
}
