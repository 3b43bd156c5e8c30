// Signing in with address and password.
// Must stay true: what a stranger learns is one bit. An unknown domain, an organisation of another region, an unknown address, a wrong
// password and a suspended person have the same answer after the same work, not before the same moment.
import { setTimeout as pause } from 'node:timers/promises'
import type { RoleName } from '../access/permissions.ts'
import type { Ctx } from '../ctx.ts'
import { PublicError } from '../errors.ts'
import type { Origin } from '../tenancy/actor.ts'
import { systemActor } from '../tenancy/system-actor.ts'
import { type MailAddress, readMailAddress } from './mail-address.ts'
import { type OpenedSession, startSession } from './start-session.ts'

/** Where a request that nobody is signed in for came in. */
export interface Where {
  readonly region: string
  readonly origin: Origin
  readonly requestId: string
}

/**
 * No refusal is answered earlier, in milliseconds after its turn began: finding out who it is takes longer where there is an organisation
 * to ask, and this covers the difference.
 */
const REFUSED_AFTER = 250

/**
 * Opens a session. Throws `wrong_credentials`, also for those whose organisation is in another region: the region is told to nobody who
 * has not shown anything. Throws `invalid_request` for what is no address, `too_many_requests`, `busy`.
 */
export async function openSession(
  ctx: Ctx,
  input: { email: string; password: string },
  where: Where,
): Promise<OpenedSession> {
  const mail = readMailAddress(input.email)
  let earliest: Promise<void> | undefined
  const work = () => {
    earliest = pause(REFUSED_AFTER)
    return tryPassword(ctx, mail, input.password, where)
  }
  try {
    return await ctx.limits.tryPassword({ ip: where.origin.ip, account: mail.address }, work, isWrong)
  } catch (error) {
    // Waited for outside the turn, which is somebody else's by now.
    if (isWrong(error)) await earliest
    throw error
  }
}

/** What counts as a guess. */
function isWrong(error: unknown): boolean {
  return error instanceof PublicError && error.code === 'wrong_credentials'
}

async function tryPassword(
  ctx: Ctx,
  mail: MailAddress,
  password: string,
  where: Where,
): Promise<OpenedSession> {
  const place = await ctx.directory.findByDomain(mail.domain)
  const found =
    place?.region.name === where.region
      ? await findPerson(ctx, place.tenant, { address: mail.address, password }, where)
      : await findNobody(ctx, password)
  if (!place || !found) throw new PublicError('wrong_credentials')
  return startSession(ctx, { tenant: place.tenant, ...found, ...where })
}

/** The work that a known address costs. */
async function findNobody(ctx: Ctx, password: string): Promise<undefined> {
  await ctx.passwords.matches(undefined, password)
}

async function findPerson(
  ctx: Ctx,
  tenant: string,
  { address, password }: { readonly address: string; readonly password: string },
  where: Where,
): Promise<{ person: string; role: RoleName; password: string } | undefined> {
  return ctx.read(
    systemActor(tenant, where),
    async (tx) => {
      const row = await tx.db
        .selectFrom('person')
        .innerJoin('member', 'member.person', 'person.id')
        .select(['person.id', 'person.password', 'member.role', 'member.state'])
        .where('person.email_blind', 'in', tx.keys.blinds('person.email', address))
        .executeTakeFirst()
      // Null: somebody whom their host signs in has none.
      const phc = row
        ? tx.keys.open<string | null>('people', 'person', row.id, 'password', row.password)
        : null
      const isRight = await ctx.passwords.matches(phc ?? undefined, password)
      if (row && phc !== null && isRight && row.state === 'active')
        return { person: row.id, role: row.role as RoleName, password: phc }
      tx.audit({
        action: 'core.session.refused',
        outcome: 'refused',
        ...(row ? { record: { kind: 'person', id: row.id } } : {}),
        detail: { reason: row ? (isRight ? 'suspended' : 'password') : 'unknown' },
      })
      return undefined
    },
    'people',
  )
}
