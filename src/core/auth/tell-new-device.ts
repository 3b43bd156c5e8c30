// Tells somebody that they signed in from a browser or a network that none of their sessions of the last 90 days came from, so that a
// stranger with their password does not go unseen. Must stay true: nothing is kept for it but the sessions themselves.
import { addressKey } from '../limits/address-key.ts'
import { sessionOpened } from '../notifications/core-notifications.ts'
import { keptSince, notify } from '../notifications/notify.ts'
import type { Origin } from '../tenancy/actor.ts'
import type { TenantWriter } from '../tenancy/tenant-door.ts'

/** How many sessions back are looked at. */
const MOST_LOOKED_AT = 50
const LONGEST_AGENT = 200

/** Tells of the session that was just opened, unless it is the person's first one: whoever has just joined knows. */
export async function tellNewDevice(
  tx: TenantWriter,
  session: { readonly id: string; readonly person: string; readonly origin: Origin },
): Promise<void> {
  const earlier = await tx.db
    .selectFrom('session')
    .select(['id', 'origin', 'last_seen_at'])
    .where('person', '=', session.person)
    .where('id', '!=', session.id)
    .orderBy('id', 'desc')
    .limit(MOST_LOOKED_AT)
    .execute()
  if (earlier.length === 0) return
  const since = keptSince(tx.now())
  const isKnown = earlier.some(
    ({ id, origin, last_seen_at }) =>
      last_seen_at >= since &&
      isAlike(tx.keys.open<Origin>('activity', 'session', id, 'origin', origin), session.origin),
  )
  if (isKnown) return
  const { ip, userAgent } = session.origin
  await notify(tx, sessionOpened, {
    to: [session.person],
    record: { kind: 'session', id: session.id },
    detail: { ip, userAgent: userAgent.slice(0, LONGEST_AGENT) },
  })
}

function isAlike(one: Origin, other: Origin): boolean {
  return browserOf(one.userAgent) === browserOf(other.userAgent) && networkOf(one.ip) === networkOf(other.ip)
}

/** The browser and its system without versions, which change by themselves. */
function browserOf(userAgent: string): string {
  return userAgent.replace(/\d+(?:[._]\d+)*/g, '')
}

/** A /24 of IPv4, a /64 of IPv6: what one place usually keeps. */
function networkOf(ip: string): string {
  return /^[\d.]+$/.test(ip) ? ip.split('.').slice(0, 3).join('.') : addressKey(ip)
}
