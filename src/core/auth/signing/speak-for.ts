// Whom a signed request acts for: the key itself, a member its host names, or somebody who becomes a member by that.
// Must stay true: a key speaks only for the domains it was given, and only for members; nobody joins but under a domain that the organisation has verified;
// nobody gets more than the key's maker has.

import type { RoleName } from '../../access/permissions.ts'
import { sealNewCard } from '../../access/person-card.ts'
import { cleanName } from '../../clean-name.ts'
import type { Ctx } from '../../ctx.ts'
import { PublicError } from '../../errors.ts'
import { newId } from '../../ids.ts'
import { addKey } from '../../keys/add-key.ts'
import { lockBlinds } from '../../keys/blind-values.ts'
import { personJoined } from '../../notifications/core-notifications.ts'
import { notify } from '../../notifications/notify.ts'
import type { Actor, Origin } from '../../tenancy/actor.ts'
import { systemActor } from '../../tenancy/system-actor.ts'
import type { TenantWriter } from '../../tenancy/tenant-door.ts'
import { type MailAddress, readMailAddress } from '../mail-address.ts'
import type { AssertedPerson } from './signature-claim.ts'
import { SignatureRefused } from './signature-refused.ts'
import type { SigningKey } from './signing-key.ts'
import type { KnownPerson } from './signing-keys.ts'

interface Where {
  readonly region: string
  readonly origin: Origin
  readonly requestId: string
}

const RANK: Readonly<Record<RoleName, number>> = { owner: 2, administrator: 1, member: 0 }

/** The actor of a proved request. Throws SignatureRefused. */
export async function speakFor(
  ctx: Ctx,
  key: SigningKey,
  asserted: AssertedPerson | null,
  where: Where,
): Promise<Actor> {
  // A name that is no address names nobody: the host's own work, done by the key as its maker let it.
  const person = asserted?.email.includes('@') ? await personOf(ctx, key, asserted, where) : null
  const role = person && RANK[person.role] < RANK[key.makerRole] ? person.role : key.makerRole
  return {
    tenant: key.tenant,
    region: key.region,
    kind: 'key',
    personId: person?.id ?? key.maker,
    credentialId: key.id,
    role,
    permissions: ctx.signing.permissionsOf(key, role),
    storage: key.storage,
    origin: where.origin,
    requestId: where.requestId,
    onBehalfOf: person?.id ?? null,
  }
}

async function personOf(
  ctx: Ctx,
  key: SigningKey,
  asserted: AssertedPerson,
  where: Where,
): Promise<KnownPerson> {
  const mail = addressOf(asserted.email, key)
  const known = await ctx.signing.findPerson(key.tenant, mail.address)
  const maySpeak = key.domains.has(mail.domain) || known?.id === key.maker
  if (!maySpeak) throw refused(key, 'domain')
  if (known && !known.isActive) throw refused(key, 'suspended_person')
  if (known) return known
  if (!key.verifiedDomains.has(mail.domain)) throw refused(key, 'no_member')
  await join(ctx, key, { mail, displayName: nameOf(asserted.displayName, mail) }, where)
  ctx.signing.forget()
  const joined = await ctx.signing.findPerson(key.tenant, mail.address)
  if (!joined) throw refused(key, 'no_member')
  return joined
}

function addressOf(email: string, key: SigningKey): MailAddress {
  try {
    return readMailAddress(email)
  } catch (error) {
    if (error instanceof PublicError && error.code === 'invalid_request') throw refused(key, 'address')
    throw error
  }
}

function refused(key: SigningKey, reason: string): SignatureRefused {
  const named = { tenant: key.tenant, id: key.id, person: key.maker }
  return new SignatureRefused('person', { reason, key: named, isProven: true })
}

/** The display name as the person could have chosen it, or the address where there is nothing to see. */
function nameOf(text: string, mail: MailAddress): string {
  try {
    return cleanName([...text].slice(0, MOST_NAME).join(''), 'displayName')
  } catch (error) {
    if (error instanceof PublicError && error.code === 'invalid_request') return mail.address
    throw error
  }
}

const MOST_NAME = 200

interface Joining {
  readonly mail: MailAddress
  readonly displayName: string
}

/** Delegated sign-in (claims PX-02, PX-16): the organisation's own host has signed the person in. Two at once make one. */
async function join(ctx: Ctx, key: SigningKey, joining: Joining, where: Where): Promise<void> {
  const actor = { ...systemActor(key.tenant, where), credentialId: key.id }
  await ctx
    .write(actor, (tx) => addMember(tx, key, joining), 'people')
    .catch((error: unknown) => {
      if (error instanceof PublicError && error.code === 'conflict') return
      throw error
    })
}

async function addMember(tx: TenantWriter, key: SigningKey, { mail, displayName }: Joining): Promise<void> {
  const id = newId()
  const stamp = { created_by: key.maker, created_at: tx.now(), updated_by: key.maker, updated_at: tx.now() }
  const origin = { createdIp: tx.actor.origin.ip, updatedIp: tx.actor.origin.ip }
  const blinds = tx.keys.blinds('person.email', mail.address)
  await lockBlinds(tx)
  const known = await tx.db
    .selectFrom('person')
    .select('id')
    .where('email_blind', 'in', blinds)
    .executeTakeFirst()
  if (known) throw new PublicError('conflict')
  const own = await tx.keys.newSubject('person', id)
  await addKey(tx, own.row)
  await tx.db
    .insertInto('person')
    .values({
      id,
      email_blind: blinds[0],
      card: sealNewCard(tx, own, { email: mail.address, displayName, country: '' }),
      // No password opens this account until its owner has proved the address and chosen one.
      password: tx.keys.seal('people', 'person', id, 'password', null),
      origin: tx.keys.seal('people', 'person', id, 'origin', origin),
      ...stamp,
    })
    .execute()
  await tx.db
    .insertInto('member')
    .values({
      person: id,
      role: 'member',
      origin: tx.keys.seal('activity', 'member', id, 'origin', origin),
      ...stamp,
    })
    .execute()
  await notify(tx, personJoined, { to: 'administrators', record: { kind: 'person', id }, detail: {} })
  tx.audit({
    action: 'core.person.joined',
    record: { kind: 'person', id },
    detail: { role: 'member', delegated: true },
  })
}
