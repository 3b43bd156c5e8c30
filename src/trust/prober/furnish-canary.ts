// What makes a spare tenant a canary: an organisation, one person whom nobody is, credentials for one run of the prober, and something
// of every product. Must stay true: no mail goes out; the person's password is 256 bits that were never kept; credentials live in
// memory only and end after two days.

import { randomBytes } from 'node:crypto'
import { sealNewCard } from '#core/access/person-card.ts'
import { createApiKey } from '#core/auth/api-keys.ts'
import { startSession } from '#core/auth/start-session.ts'
import { newId, toApi } from '#core/ids.ts'
import { addKey } from '#core/keys/add-key.ts'
import type { Actor, Origin } from '#core/tenancy/actor.ts'
import { systemActor } from '#core/tenancy/system-actor.ts'
import type { TenantWriter } from '#core/tenancy/tenant-door.ts'
import { askAs, readBelongings, wordOf } from './canary.ts'
import type { Canary, ProbeGround } from './probe-ground.ts'

const HERE: Origin = { ip: '', userAgent: 'panoply prober' }
const TWO_DAYS = 48 * 3_600_000

/** The canary with fresh credentials. Makes what it lacks. */
export async function furnishCanary(ground: ProbeGround, tenant: string): Promise<Canary> {
  const { ctx, region, reach } = ground
  const opened = await reach(tenant)
  const word = wordOf(tenant)
  const known = await opened.db('activity').selectFrom('organisation').select('created_by').executeTakeFirst()
  const person = known?.created_by ?? (await found(ground, tenant, word))
  const start = {
    tenant,
    region,
    person,
    role: 'owner',
    origin: HERE,
    requestId: newId(),
    password: null,
  } as const
  // The first time from somewhere else, so that there is a notification for the other to reach for.
  const isTold = await opened
    .db('activity')
    .selectFrom('notification')
    .select('id')
    .limit(1)
    .executeTakeFirst()
  if (!isTold) {
    await startSession(ctx, start)
    await startSession(ctx, { ...start, origin: { ip: '', userAgent: word } })
  }
  const { token: session } = await startSession(ctx, start)
  const actor: Actor = {
    ...systemActor(tenant, start),
    kind: 'person',
    personId: person,
    role: 'owner',
    permissions: ctx.rolePermissions.get('owner') ?? new Set(),
  }
  const { key: apiKey } = await ctx.write(actor, async (tx) => {
    await endOldCredentials(tx)
    return createApiKey(tx, ctx.keyPermissions, {
      name: `${word} prober`,
      expiresAt: new Date(tx.now().getTime() + TWO_DAYS).toISOString(),
    })
  })
  const canary: Canary = {
    tenant,
    opened,
    keys: await opened.keys(),
    apiKey,
    session,
    word,
    relations: [],
    ids: new Map(),
    blobs: [],
    sealCode: undefined,
  }
  return refurnish(ground, canary)
}

/** Has every product make what is missing, and reads again what there is. */
export async function refurnish(ground: ProbeGround, canary: Canary): Promise<Canary> {
  const ask = askAs(ground, canary)
  for (const { furnish } of ground.products) await furnish?.(ask, canary.word)
  const belongings = await readBelongings(canary.opened)
  if (!belongings.ids.has('export'))
    await ask({ method: 'POST', path: '/v1/exports', json: { kind: 'audit' } })
  const blobs: string[] = []
  for await (const blob of ground.blobs.list(canary.tenant)) if (blobs.length < 20) blobs.push(blob)
  const organisation = belongings.ids.get('organisation')?.[0]
  const seal = organisation
    ? await ask({ method: 'GET', path: `/v1/records/${toApi('org', organisation)}/seal` })
    : undefined
  return { ...canary, ...belongings, keys: await canary.opened.keys(), blobs, sealCode: codeIn(seal?.json) }
}

async function found({ ctx, region }: ProbeGround, tenant: string, word: string): Promise<string> {
  const person = newId()
  const password = await ctx.passwords.hash(randomBytes(32).toString('base64url'))
  const actor = {
    ...systemActor(tenant, { region, origin: HERE, requestId: newId() }),
    onBehalfOf: person,
  }
  await ctx.write(
    actor,
    async (tx) => {
      const stamp = { created_by: person, created_at: tx.now(), updated_by: person, updated_at: tx.now() }
      const origin = { createdIp: HERE.ip, updatedIp: HERE.ip }
      const id = newId()
      const card = { name: `${word} canary`, domains: [], country: 'SE' }
      const own = await tx.keys.newSubject('person', person)
      await addKey(tx, own.row)
      await tx.db
        .insertInto('organisation')
        .values({
          id,
          card: tx.keys.seal('activity', 'organisation', id, 'card', card),
          storage: JSON.stringify({ knowledge: true, agreements: true, fleet: true }),
          origin: tx.keys.seal('activity', 'organisation', id, 'origin', origin),
          ...stamp,
        })
        .execute()
      // `.invalid` is reserved (RFC 2606): no mail can reach it and no sign-up can come from it.
      const email = `${word}@canary.invalid`
      await tx.db
        .insertInto('person')
        .values({
          id: person,
          email_blind: tx.keys.blind('person.email', email),
          card: sealNewCard(tx, own, { email, displayName: word, country: 'SE' }),
          password: tx.keys.seal('people', 'person', person, 'password', password),
          origin: tx.keys.seal('people', 'person', person, 'origin', origin),
          ...stamp,
        })
        .execute()
      const member = tx.keys.seal('activity', 'member', person, 'origin', origin)
      await tx.db
        .insertInto('member')
        .values({ person, role: 'owner', origin: member, ...stamp })
        .execute()
      tx.audit({ action: 'trust.canary.founded', record: { kind: 'organisation', id } })
    },
    'people',
  )
  return person
}

/** What a run that was killed left behind; the newest may be those of another process that tries at this moment. */
async function endOldCredentials(tx: TenantWriter): Promise<void> {
  const before = new Date(tx.now().getTime() - TWO_DAYS)
  for (const table of ['api_key', 'session'] as const)
    await tx.db
      .updateTable(table)
      .set({ revoked_at: tx.now() })
      .where('revoked_at', 'is', null)
      .where('created_at', '<', before)
      .execute()
  tx.audit({ action: 'trust.canary.readied' })
}

function codeIn(json: unknown): string | undefined {
  return typeof json === 'object' && json !== null && 'code' in json && typeof json.code === 'string'
    ? json.code
    : undefined
}
