// Signing in with address and password.
// Must stay true: what a stranger learns is one bit, and it costs the same time whichever half was wrong.
import type { RoleName } from '../access/permissions.ts'
import type { Ctx } from '../ctx.ts'
import { PublicError } from '../errors.ts'
import type { Origin } from '../tenancy/actor.ts'
import { systemActor } from '../tenancy/system-actor.ts'
import { readMailAddress } from './mail-address.ts'
import { type OpenedSession, startSession } from './start-session.ts'

interface Where {
  readonly region: string
  readonly origin: Origin
  readonly requestId: string
}

/** Opens a session. Throws `wrong_credentials`, `wrong_region` with the url of the right one, `busy`. */
export async function openSession(
  ctx: Ctx,
  input: { email: string; password: string },
  where: Where,
): Promise<OpenedSession> {
  const mail = readMailAddress(input.email)
  const place = await ctx.directory.findByDomain(mail.domain)
  if (!place) {
    await ctx.passwords.matches(undefined, input.password)
    throw new PublicError('wrong_credentials')
  }
  if (place.region.name !== where.region) {
    throw new PublicError('wrong_region', undefined, {
      details: { region: place.region.name, url: place.region.url },
    })
  }
  const found = await ctx.read(
    systemActor(place.tenant, where),
    async (tx) => {
      const row = await tx.db
        .selectFrom('person')
        .innerJoin('member', 'member.person', 'person.id')
        .select(['person.id', 'person.password', 'member.role', 'member.state'])
        .where('person.email_blind', 'in', tx.keys.blinds('person.email', mail.address))
        .executeTakeFirst()
      // Null: somebody whom their host signs in has none.
      const phc = row
        ? tx.keys.open<string | null>('people', 'person', row.id, 'password', row.password)
        : null
      const isRight = await ctx.passwords.matches(phc ?? undefined, input.password)
      if (row && isRight && row.state === 'active') return { person: row.id, role: row.role as RoleName }
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
  if (!found) throw new PublicError('wrong_credentials')
  return startSession(ctx, { tenant: place.tenant, ...found, ...where })
}
