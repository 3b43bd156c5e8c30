// The link in the mail was opened: the first person of a domain founds the organisation, later ones join it.
// Must stay true: two founders at once end in one organisation; a link used twice makes one account; somebody whom a host signed in
// before (src/core/auth/signing/speak-for.ts) keeps their account and gets a password.
import type { RoleName } from '../access/permissions.ts'
import { cleanName } from '../clean-name.ts'
import type { Ctx } from '../ctx.ts'
import { PublicError } from '../errors.ts'
import { newId } from '../ids.ts'
import { lockBlinds } from '../keys/blind-values.ts'
import type { Origin } from '../tenancy/actor.ts'
import { systemActor } from '../tenancy/system-actor.ts'
import type { TenantWriter } from '../tenancy/tenant-door.ts'
import { openSignUp, type PendingAccount } from './sign-up-token.ts'
import { type OpenedSession, startSession } from './start-session.ts'

export interface VerifyInput {
  readonly token: string
  readonly organisationName?: string
  readonly storage?: { readonly knowledge: boolean; readonly agreements: boolean; readonly fleet: boolean }
}

interface Where {
  readonly region: string
  readonly origin: Origin
  readonly requestId: string
}

/** What the page behind the link shows before anything is made. */
export async function readVerification(ctx: Ctx, region: string, token: string) {
  const pending = await openSignUp(ctx.regionKeys(region, 'signup'), region, token, ctx.now())
  const place = await ctx.directory.findByDomain(pending.domain)
  const name = place ? await organisationName(ctx, place.tenant) : null
  return {
    email: pending.address,
    displayName: pending.displayName,
    organisation: name === null ? ('found' as const) : ('join' as const),
    organisationName: name,
    region,
  }
}

async function organisationName(ctx: Ctx, tenant: string): Promise<string | null> {
  const opened = await ctx.tenant(tenant)
  const row = await opened.db('activity').selectFrom('organisation').select(['id', 'card']).executeTakeFirst()
  if (!row) return null
  return (await opened.keys()).open<{ name: string }>('activity', 'organisation', row.id, 'card', row.card)
    .name
}

/** Makes the account and opens its first session. Throws `not_found`, `token_expired`, `account_exists`, `busy`. */
export async function verifyAccount(ctx: Ctx, input: VerifyInput, where: Where): Promise<OpenedSession> {
  const pending = await openSignUp(
    ctx.regionKeys(where.region, 'signup'),
    where.region,
    input.token,
    ctx.now(),
  )
  const tenant = await ctx.claimTenant(where.region, pending.domain)
  const place = await ctx.directory.find(tenant)
  if (place?.region.name !== where.region)
    throw new PublicError('wrong_region', undefined, { details: { url: place?.region.url } })
  const person = newId()
  const actor = { ...systemActor(tenant, where), onBehalfOf: person }
  const join = () => ctx.write(actor, (tx) => addPerson(tx, person, pending, input), 'people')
  const joined = await join().catch((error: unknown) => {
    // Somebody else founded the organisation in between: the second try joins it, or says that the account exists.
    if (error instanceof PublicError && error.code === 'conflict') return join()
    throw error
  })
  return startSession(ctx, { tenant, ...joined, ...where })
}

async function addPerson(
  tx: TenantWriter,
  person: string,
  pending: PendingAccount,
  input: VerifyInput,
): Promise<{ person: string; role: RoleName }> {
  const blinds = tx.keys.blinds('person.email', pending.address)
  await lockBlinds(tx)
  const known = await tx.db
    .selectFrom('person')
    .innerJoin('member', 'member.person', 'person.id')
    .select(['person.id', 'person.password', 'member.role', 'member.state'])
    .where('email_blind', 'in', blinds)
    .forUpdate()
    .executeTakeFirst()
  if (known) return { person: known.id, role: await givePassword(tx, known, pending) }
  const organisation = await tx.db.selectFrom('organisation').select('id').executeTakeFirst()
  const role = organisation ? 'member' : 'owner'
  const stamp = { created_by: person, created_at: tx.now(), updated_by: person, updated_at: tx.now() }
  const origin = { createdIp: tx.actor.origin.ip, updatedIp: tx.actor.origin.ip }
  if (!organisation) {
    const id = newId()
    const name =
      input.organisationName === undefined
        ? pending.domain
        : cleanName(input.organisationName, 'organisationName')
    await tx.db
      .insertInto('organisation')
      .values({
        id,
        card: tx.keys.seal('activity', 'organisation', id, 'card', {
          name,
          domains: [pending.domain],
          country: pending.country,
        }),
        storage: JSON.stringify(input.storage ?? { knowledge: true, agreements: true, fleet: false }),
        origin: tx.keys.seal('activity', 'organisation', id, 'origin', origin),
        ...stamp,
      })
      .execute()
    tx.audit({ action: 'core.organisation.founded', record: { kind: 'organisation', id } })
  }
  const { row } = await tx.keys.newSubject('person', person)
  await tx.db.insertInto('key').values(row).execute()
  await tx.db
    .insertInto('person')
    .values({
      id: person,
      email_blind: blinds[0],
      card: tx.keys.seal('people', 'person', person, 'card', {
        email: pending.address,
        displayName: pending.displayName,
        country: pending.country,
      }),
      password: tx.keys.seal('people', 'person', person, 'password', pending.password),
      origin: tx.keys.seal('people', 'person', person, 'origin', origin),
      ...stamp,
    })
    .execute()
  await tx.db
    .insertInto('member')
    .values({ person, role, origin: tx.keys.seal('activity', 'member', person, 'origin', origin), ...stamp })
    .execute()
  tx.audit({ action: 'core.person.joined', record: { kind: 'person', id: person }, detail: { role } })
  return { person, role }
}

interface KnownMember {
  readonly id: string
  readonly password: Buffer
  readonly role: string
  readonly state: string
}

/** The first password of somebody who had none. Throws `account_exists` for everybody else. */
async function givePassword(
  tx: TenantWriter,
  known: KnownMember,
  pending: PendingAccount,
): Promise<RoleName> {
  const { id, role, state } = known
  const password = tx.keys.open<string | null>('people', 'person', id, 'password', known.password)
  if (password !== null || state !== 'active') throw new PublicError('account_exists')
  await tx.db
    .updateTable('person')
    .set({
      password: tx.keys.seal('people', 'person', id, 'password', pending.password),
      updated_by: id,
      updated_at: tx.now(),
    })
    .where('id', '=', id)
    .execute()
  tx.audit({ action: 'core.person.updated', record: { kind: 'person', id }, detail: { password: true } })
  return role === 'owner' || role === 'administrator' ? role : 'member'
}
