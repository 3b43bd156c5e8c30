// A person's password is replaced: by themselves, who know it, or behind the link of a reset.
// Must stay true: every other session ends in the same transaction, and so does the token of the one that changed it, which somebody may have
// copied; of two changes at once one wins and the other is told.
import { openPersonCard } from '../access/person-card.ts'
import type { Ctx } from '../ctx.ts'
import { PublicError } from '../errors.ts'
import { newCredential } from '../ids.ts'
import { openIfWhole } from '../keys/is-damage.ts'
import { passwordChanged } from '../notifications/core-notifications.ts'
import { notify } from '../notifications/notify.ts'
import type { Actor } from '../tenancy/actor.ts'
import type { TenantReader, TenantWriter } from '../tenancy/tenant-door.ts'
import { closeSessionsOf } from './close-session.ts'
import { Credentials } from './credentials.ts'
import {
  checkPassword,
  FOUNDING_POLICY,
  type PasswordPolicy,
  passwordPolicyOf,
  refuseReused,
} from './password-policy.ts'
import type { OpenedSession } from './start-session.ts'

/** What is sealed beside the password of today. */
interface Former {
  /** ISO 8601. */
  readonly changedAt: string
  /** PHC strings, the newest first. */
  readonly former: readonly string[]
}

/** Somebody's password and what is asked of the next. */
export interface KnownPassword {
  readonly person: string
  readonly email: string
  readonly displayName: string
  /** PHC string; null where a host signs them in, or where it was damaged. */
  readonly phc: string | null
  readonly former: readonly string[]
  /** When it was last replaced; null for the first one. */
  readonly changedAt: Date | null
  readonly policy: PasswordPolicy
}

/** The password of an active person, by id or by address; undefined when there is none. `tx` is on the people store. */
export async function readPassword(
  tx: TenantReader,
  whose: { readonly person: string } | { readonly address: string },
): Promise<KnownPassword | undefined> {
  const row = await tx.db
    .selectFrom('person')
    .innerJoin('member', 'member.person', 'person.id')
    .select(['person.id', 'person.card', 'person.password', 'person.former_passwords', 'person.updated_at'])
    .where('member.state', '=', 'active')
    .$if('person' in whose, (query) => query.where('person.id', '=', 'person' in whose ? whose.person : ''))
    .$if('address' in whose, (query) =>
      query.where(
        'person.email_blind',
        'in',
        tx.keys.blinds('person.email', 'address' in whose ? whose.address : ''),
      ),
    )
    .executeTakeFirst()
  if (!row) return undefined
  const { email, displayName } = await openPersonCard(tx, row.id, row.card)
  const former = openIfWhole(() => openFormer(tx, row.id, row.former_passwords))
  // Damaged: the row was last changed no earlier than its password.
  const changedAt = former ? new Date(former.changedAt) : row.former_passwords && row.updated_at
  return {
    person: row.id,
    email,
    displayName,
    phc: openPhc(tx, row.id, row.password),
    former: former?.former ?? [],
    changedAt,
    policy: (await passwordPolicyOf(tx)) ?? FOUNDING_POLICY,
  }
}

/** Null also where it was damaged: a reset replaces it. */
function openPhc(tx: TenantReader, person: string, sealed: Buffer): string | null {
  return openIfWhole(() => tx.keys.open<string | null>('people', 'person', person, 'password', sealed))
}

function openFormer(tx: TenantReader, person: string, sealed: Buffer | null): Former | null {
  return sealed === null ? null : tx.keys.open<Former>('people', 'person', person, 'former_passwords', sealed)
}

/** What to store beside a password that is set now: links of before that have no say any more. */
export function sealFormer(tx: TenantWriter, person: string, former: readonly string[]): Buffer {
  const value: Former = { changedAt: tx.now().toISOString(), former }
  return tx.keys.seal('people', 'person', person, 'former_passwords', value)
}

/**
 * The hash of a chosen password, checked against the rule and the former ones of who chooses it, in the turns of `ip`. Throws
 * `weak_password`, `password_reused`, `too_many_requests`, `busy`.
 */
export async function hashChosen(
  ctx: Ctx,
  known: KnownPassword,
  chosen: string,
  ip: string,
): Promise<string> {
  const whose = { ip, account: known.email }
  const personal = [known.displayName, known.email]
  await ctx.limits.choosePassword(whose, () => checkPassword(chosen, known.policy, personal))
  return ctx.limits.takePassword(whose, async () => {
    await refuseReused(ctx.passwords, chosen, [known.phc, ...known.former.slice(0, known.policy.history)])
    return ctx.passwords.hash(chosen)
  })
}

/**
 * Tells by mail that a password is another one now, beside the answer: the notification is stored with the change, so mail that does not go
 * out fails nothing, and the new token does not wait for a mail server.
 */
export function mailPasswordChanged(ctx: Ctx, mail: Parameters<Ctx['mail']['sendPasswordChanged']>[0]): void {
  ctx.mail.sendPasswordChanged(mail).catch(() => undefined)
}

/**
 * Stores a hash in the place of the known one, ends the sessions of the person `but` one, and tells them. `tx` is on the people store.
 * Throws `conflict` when the password was replaced since it was read, `not_found` when the person is no active member any more.
 */
export async function storePassword(
  tx: TenantWriter,
  known: KnownPassword,
  {
    hash,
    how,
    but,
  }: { readonly hash: string; readonly how: 'changed' | 'reset'; readonly but: string | null },
): Promise<void> {
  const { person } = known
  const member = await tx.db
    .selectFrom('member')
    .select('state')
    .where('person', '=', person)
    .forUpdate()
    .executeTakeFirst()
  const row = await tx.db
    .selectFrom('person')
    .select(['password', 'origin'])
    .where('id', '=', person)
    .forUpdate()
    .executeTakeFirst()
  if (!row || member?.state !== 'active') throw new PublicError('not_found')
  if (openPhc(tx, person, row.password) !== known.phc) throw new PublicError('conflict')
  const former = [...(known.phc === null ? [] : [known.phc]), ...known.former].slice(0, known.policy.history)
  const origin = tx.keys.open<object>('people', 'person', person, 'origin', row.origin)
  await tx.db
    .updateTable('person')
    .set({
      password: tx.keys.seal('people', 'person', person, 'password', hash),
      former_passwords: sealFormer(tx, person, former),
      origin: tx.keys.seal('people', 'person', person, 'origin', {
        ...origin,
        updatedIp: tx.actor.origin.ip,
      }),
      updated_by: person,
      updated_at: tx.now(),
    })
    .where('id', '=', person)
    .execute()
  const sessions = await closeSessionsOf(tx, person, but)
  await notify(tx, passwordChanged, {
    to: [person],
    record: { kind: 'person', id: person },
    detail: { how },
  })
  tx.audit({
    action: 'core.password.changed',
    record: { kind: 'person', id: person },
    detail: { how, sessions },
  })
}

/**
 * Changes one's own password and answers the session's new token. Throws `forbidden` without a session, `wrong_password`, which counts as a guess, `weak_password`, `password_reused`, `conflict`,
 * `too_many_requests`, `busy`.
 */
export async function changePassword(
  ctx: Ctx,
  actor: Actor,
  { current, password }: { readonly current: string; readonly password: string },
): Promise<OpenedSession> {
  const { personId, credentialId } = actor
  if (personId === null || credentialId === null || actor.kind !== 'person')
    throw new PublicError('forbidden')
  // Counted by person, before anything is read: what is refused leaves no event.
  const whose = { ip: actor.origin.ip, account: personId }
  const isGuess = (error: unknown) => error instanceof PublicError && error.code === 'wrong_password'
  const known = await ctx.limits.tryPassword(
    whose,
    () => provePassword(ctx, actor, personId, current),
    isGuess,
  )
  const hash = await hashChosen(ctx, known, password, actor.origin.ip)
  const opened = await ctx.write(
    actor,
    async (tx) => {
      await storePassword(tx, known, { hash, how: 'changed', but: credentialId })
      return renewToken(tx, credentialId)
    },
    'people',
  )
  ctx.credentials.forget()
  mailPasswordChanged(ctx, { region: actor.region, tenant: actor.tenant, to: known.email })
  return opened
}

/** Gives an open session another token; the one of before opens nothing any more. Throws `forbidden` for what is no session. */
async function renewToken(tx: TenantWriter, session: string): Promise<OpenedSession> {
  const token = newCredential(tx.actor.tenant, 's')
  const row = await tx.db
    .updateTable('session')
    .set({ token_hash: Credentials.hash(token) })
    .where('id', '=', session)
    .where('revoked_at', 'is', null)
    .returning('expires_at')
    .executeTakeFirst()
  if (!row) throw new PublicError('forbidden')
  return { token, expiresAt: row.expires_at }
}

async function provePassword(
  ctx: Ctx,
  actor: Actor,
  person: string,
  current: string,
): Promise<KnownPassword> {
  const known = await ctx.read(
    actor,
    async (tx) => {
      tx.audit({ action: 'core.password.read', record: { kind: 'person', id: person } })
      return readPassword(tx, { person })
    },
    'people',
  )
  if (!known) throw new PublicError('not_found')
  if (!(await ctx.passwords.matches(known.phc ?? undefined, current))) throw new PublicError('wrong_password')
  return known
}
