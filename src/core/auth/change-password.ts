// A person's password is replaced: by themselves, who know it, or behind the link of a reset.
// Must stay true: every other session ends in the same transaction; of two changes at once one wins and the other is told.
import { setTimeout as pause } from 'node:timers/promises'
import { openPersonCard } from '../access/person-card.ts'
import type { Ctx } from '../ctx.ts'
import { PublicError } from '../errors.ts'
import { passwordChanged } from '../notifications/core-notifications.ts'
import { notify } from '../notifications/notify.ts'
import type { Actor } from '../tenancy/actor.ts'
import type { TenantReader, TenantWriter } from '../tenancy/tenant-door.ts'
import { closeSessionsOf } from './close-session.ts'
import {
  checkPassword,
  FOUNDING_POLICY,
  type PasswordPolicy,
  passwordPolicyOf,
  refuseReused,
} from './password-policy.ts'

const MAIL_PATIENCE_MS = 3_000

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
  /** PHC string; null where a host signs them in. */
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
    .select(['person.id', 'person.card', 'person.password', 'person.former_passwords'])
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
  const former = openFormer(tx, row.id, row.former_passwords)
  return {
    person: row.id,
    email,
    displayName,
    phc: tx.keys.open<string | null>('people', 'person', row.id, 'password', row.password),
    former: former?.former ?? [],
    changedAt: former ? new Date(former.changedAt) : null,
    policy: (await passwordPolicyOf(tx)) ?? FOUNDING_POLICY,
  }
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
 * Tells by mail that a password is another one now. The notification is stored with it, so mail that does not go out fails nothing, and a
 * server that hangs holds up nobody for longer than this.
 */
export async function mailPasswordChanged(
  ctx: Ctx,
  mail: Parameters<Ctx['mail']['sendPasswordChanged']>[0],
): Promise<void> {
  const sent = ctx.mail.sendPasswordChanged(mail).catch(() => undefined)
  await Promise.race([sent, pause(MAIL_PATIENCE_MS, undefined, { ref: false })])
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
  const now = tx.keys.open<string | null>('people', 'person', person, 'password', row.password)
  if (now !== known.phc) throw new PublicError('conflict')
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
 * Changes one's own password. Throws `wrong_password`, which counts as a guess, `weak_password`, `password_reused`, `conflict`,
 * `too_many_requests`, `busy`.
 */
export async function changePassword(
  ctx: Ctx,
  actor: Actor,
  { current, password }: { readonly current: string; readonly password: string },
): Promise<void> {
  const { personId } = actor
  if (personId === null || actor.kind !== 'person') throw new PublicError('forbidden')
  // Counted by person, before anything is read: what is refused leaves no event.
  const whose = { ip: actor.origin.ip, account: personId }
  const isGuess = (error: unknown) => error instanceof PublicError && error.code === 'wrong_password'
  const known = await ctx.limits.tryPassword(
    whose,
    () => provePassword(ctx, actor, personId, current),
    isGuess,
  )
  const hash = await hashChosen(ctx, known, password, actor.origin.ip)
  const but = actor.credentialId
  await ctx.write(actor, (tx) => storePassword(tx, known, { hash, how: 'changed', but }), 'people')
  ctx.credentials.forget()
  await mailPasswordChanged(ctx, { region: actor.region, tenant: actor.tenant, to: known.email })
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
