// The link in the mail was opened: the first person of a domain founds the organisation, later ones join it.
// Must stay true: the password is set here, by whoever holds the link; two founders at once end in one organisation; a link used
// twice makes one account; somebody whom a host signed in before (src/core/auth/signing/speak-for.ts) keeps their account and gets a
// password.

import type { RoleName } from '../access/permissions.ts'
import { sealNewCard } from '../access/person-card.ts'
import { cleanName } from '../clean-name.ts'
import type { Ctx } from '../ctx.ts'
import { PublicError } from '../errors.ts'
import { newId } from '../ids.ts'
import { addKey } from '../keys/add-key.ts'
import { lockBlinds } from '../keys/blind-values.ts'
import { personJoined } from '../notifications/core-notifications.ts'
import { notify } from '../notifications/notify.ts'
import type { TenantPlace } from '../regions/directory.ts'
import { systemActor } from '../tenancy/system-actor.ts'
import type { TenantWriter } from '../tenancy/tenant-door.ts'
import { sealFormer } from './change-password.ts'
import type { Where } from './open-session.ts'
import { checkPassword, FOUNDING_POLICY, type PasswordPolicy, passwordPolicyOf } from './password-policy.ts'
import { openSignUp, type PendingAccount, sealPending } from './sign-up-token.ts'
import { type OpenedSession, startSession } from './start-session.ts'

export interface VerifyInput {
  readonly token: string
  readonly password: string
  /** Another spelling than the one at sign-up, which somebody else may have typed. */
  readonly displayName?: string
  /** The mail domain when left out. */
  readonly organisationName?: string
  /** Needed of founders. */
  readonly storage?: { readonly knowledge: boolean; readonly agreements: boolean; readonly fleet: boolean }
}

/** What the page behind the link shows before anything is made. Throws `not_found`, `token_expired`, `wrong_region` with the link that works. */
export async function readVerification(ctx: Ctx, token: string, where: Where) {
  const { region } = where
  const pending = await openSignUp(ctx.regionKeys(region, 'signup'), region, token, ctx.now())
  const joined = await organisationOf(ctx, await placeOf(ctx, region, pending), where)
  return {
    email: pending.address,
    displayName: pending.displayName,
    organisation: joined === null ? ('found' as const) : ('join' as const),
    organisationName: joined?.name ?? null,
    passwordMinimumLength: (joined?.policy ?? FOUNDING_POLICY).minimumLength,
    region,
  }
}

/**
 * Makes the account and opens its first session. Throws `not_found`, `token_expired`, `weak_password`, `account_exists`, `busy`,
 * `wrong_region` with the link that works, `invalid_request` when a founder does not say what may be stored.
 */
export async function verifyAccount(ctx: Ctx, input: VerifyInput, where: Where): Promise<OpenedSession> {
  const keys = ctx.regionKeys(where.region, 'signup')
  const pending = await openSignUp(keys, where.region, input.token, ctx.now())
  const whose = { ip: where.origin.ip, account: pending.address }
  const { displayName, joined } = await ctx.limits.choosePassword(whose, () =>
    judge(ctx, input, pending, where),
  )
  const founding = joined === null ? readFounding(input, pending) : null
  const account = { ...pending, displayName, founding }
  return ctx.limits.takePassword(whose, () => makeAccount(ctx, input.password, account, where))
}

/** Name and organisation of the account to be, when its password is strong enough for it. */
async function judge(ctx: Ctx, input: VerifyInput, pending: PendingAccount, where: Where) {
  const displayName = cleanName(input.displayName ?? pending.displayName, 'displayName')
  const joined = await organisationOf(ctx, await placeOf(ctx, where.region, pending), where)
  await checkPassword(input.password, joined?.policy ?? FOUNDING_POLICY, [displayName, pending.address])
  return { displayName, joined }
}

async function makeAccount(
  ctx: Ctx,
  chosen: string,
  pending: Omit<NewPerson, 'password'>,
  where: Where,
): Promise<OpenedSession> {
  const password = await ctx.passwords.hash(chosen)
  const tenant = await ctx.claimTenant(where.region, pending.domain)
  // Somebody may have founded the organisation in another region in between.
  await placeOf(ctx, where.region, pending)
  const person = newId()
  const actor = { ...systemActor(tenant, where), onBehalfOf: person }
  const account = { ...pending, password }
  const join = () => ctx.write(actor, (tx) => addPerson(tx, person, account), 'people')
  const made = await join().catch((error: unknown) => {
    // Somebody else founded the organisation in between: the second try joins it, or says that the account exists.
    if (error instanceof PublicError && error.code === 'conflict') return join()
    throw error
  })
  return startSession(ctx, { tenant, ...made, password, ...where })
}

/** Where the domain's organisation is, or undefined when it has none. Elsewhere is told to the link's holder, with a link for there. */
async function placeOf(ctx: Ctx, region: string, pending: PendingAccount): Promise<TenantPlace | undefined> {
  const place = await ctx.directory.findByDomain(pending.domain)
  if (!place || place.region.name === region) return place
  const { name, url } = place.region
  const token = await sealPending(ctx.regionKeys(name, 'signup'), name, pending)
  throw new PublicError('wrong_region', undefined, {
    details: { region: name, url: `${url}/verify?token=${token}` },
  })
}

/** Name and password rule of the organisation at a place; null when there is none yet. */
async function organisationOf(
  ctx: Ctx,
  place: TenantPlace | undefined,
  where: Where,
): Promise<{ name: string; policy: PasswordPolicy } | null> {
  if (!place) return null
  return ctx.read(systemActor(place.tenant, where), async (tx) => {
    const policy = await passwordPolicyOf(tx)
    const [row] = await tx.found(tx.db.selectFrom('organisation').select(['id', 'card']), {
      action: 'core.organisation.read',
      detail: { verification: true },
    })
    if (!row || !policy) return null
    const { name } = tx.keys.open<{ name: string }>('activity', 'organisation', row.id, 'card', row.card)
    return { name, policy }
  })
}

type Founding = Required<Pick<VerifyInput, 'organisationName' | 'storage'>>

function readFounding(input: VerifyInput, pending: PendingAccount): Founding {
  if (!input.storage) {
    throw new PublicError('invalid_request', 'Whoever founds an organisation says what may be stored.', {
      details: { field: 'storage' },
    })
  }
  const name = input.organisationName ?? pending.domain
  return { organisationName: cleanName(name, 'organisationName'), storage: input.storage }
}

interface NewPerson extends PendingAccount {
  /** PHC string. */
  readonly password: string
  /** Null for who joins. */
  readonly founding: Founding | null
}

async function addPerson(
  tx: TenantWriter,
  person: string,
  account: NewPerson,
): Promise<{ person: string; role: RoleName }> {
  const blinds = tx.keys.blinds('person.email', account.address)
  await lockBlinds(tx)
  const known = await tx.db
    .selectFrom('person')
    .innerJoin('member', 'member.person', 'person.id')
    .select(['person.id', 'person.password', 'member.role', 'member.state'])
    .where('email_blind', 'in', blinds)
    .forUpdate()
    .executeTakeFirst()
  if (known) return { person: known.id, role: await givePassword(tx, known, account.password) }
  const organisation = await tx.db.selectFrom('organisation').select('id').executeTakeFirst()
  const role = organisation ? 'member' : 'owner'
  const stamp = { created_by: person, created_at: tx.now(), updated_by: person, updated_at: tx.now() }
  const origin = { createdIp: tx.actor.origin.ip, updatedIp: tx.actor.origin.ip }
  if (!organisation) {
    // Destroyed since the link was opened: opened again, it founds another.
    if (!account.founding) throw new PublicError('conflict')
    const id = newId()
    await tx.db
      .insertInto('organisation')
      .values({
        id,
        card: tx.keys.seal('activity', 'organisation', id, 'card', {
          name: account.founding.organisationName,
          domains: [account.domain],
          country: account.country,
        }),
        storage: JSON.stringify(account.founding.storage),
        origin: tx.keys.seal('activity', 'organisation', id, 'origin', origin),
        ...stamp,
      })
      .execute()
    tx.audit({ action: 'core.organisation.founded', record: { kind: 'organisation', id } })
  }
  const own = await tx.keys.newSubject('person', person)
  await addKey(tx, own.row)
  await tx.db
    .insertInto('person')
    .values({
      id: person,
      email_blind: blinds[0],
      card: sealNewCard(tx, own, {
        email: account.address,
        displayName: account.displayName,
        country: account.country,
      }),
      password: tx.keys.seal('people', 'person', person, 'password', account.password),
      origin: tx.keys.seal('people', 'person', person, 'origin', origin),
      ...stamp,
    })
    .execute()
  await tx.db
    .insertInto('member')
    .values({ person, role, origin: tx.keys.seal('activity', 'member', person, 'origin', origin), ...stamp })
    .execute()
  if (organisation)
    await notify(tx, personJoined, {
      to: 'administrators',
      record: { kind: 'person', id: person },
      detail: {},
    })
  tx.audit({ action: 'core.person.joined', record: { kind: 'person', id: person }, detail: { role } })
  return { person, role }
}

interface KnownMember {
  readonly id: string
  readonly password: Buffer
  readonly role: string
  readonly state: string
}

/** The first password (PHC string) of somebody who had none. Throws `account_exists` for everybody else. */
async function givePassword(tx: TenantWriter, known: KnownMember, chosen: string): Promise<RoleName> {
  const { id, role, state } = known
  const password = tx.keys.open<string | null>('people', 'person', id, 'password', known.password)
  if (password !== null || state !== 'active') throw new PublicError('account_exists')
  await tx.db
    .updateTable('person')
    .set({
      password: tx.keys.seal('people', 'person', id, 'password', chosen),
      former_passwords: sealFormer(tx, id, []),
      updated_by: id,
      updated_at: tx.now(),
    })
    .where('id', '=', id)
    .execute()
  tx.audit({ action: 'core.person.updated', record: { kind: 'person', id }, detail: { password: true } })
  return role === 'owner' || role === 'administrator' ? role : 'member'
}
