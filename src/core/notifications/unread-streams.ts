// Open pages that wait for what concerns their person: server-sent events (WHATWG HTML, 9.2) that carry a count and nothing else.
// Must stay true: a stream ends when its session or key does, whoever ended it; it keeps no session alive; it holds no turn, no
// transaction and no connection to the database; silence costs one statement a region every two seconds. See docs/decisions/0022-notifications.md.
import { Readable } from 'node:stream'
import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import type { CellTables } from '../db/tables.gen.ts'
import { PublicError } from '../errors.ts'
import { addressKey } from '../limits/address-key.ts'
import { LimitReached } from '../limits/limit-reached.ts'
import type { Actor } from '../tenancy/actor.ts'
import type { OpenTenant } from '../tenancy/tenant-connections.ts'
import { type Clock, stopwatch } from '../time.ts'
import { countFor } from './list-notifications.ts'
import type { Unread } from './notification.schema.ts'
import { countNudges } from './nudge.ts'

export interface StreamBounds {
  readonly perPerson: number
  /** Of one address (IPv6: of one /64): an office may share one, and needs connections for other things, too. */
  readonly perAddress: number
  readonly all: number
  /** How often the cells are asked for nudges, milliseconds. */
  readonly askMs: number
  /** How often each stream is looked at unasked: for time-outs, for nudges that got lost, and so that the line is not silent. */
  readonly lookMs: number
}

export const STREAM_BOUNDS: StreamBounds = {
  perPerson: 8,
  perAddress: 128,
  all: 1_000,
  askMs: 2_000,
  lookMs: 30_000,
}

export interface StreamGround {
  readonly tenant: (id: string) => Promise<OpenTenant>
  /** The cell of a region, as router. */
  readonly cell: (region: string) => Kysely<CellTables>
  /** Tells administrators what stands before their count is taken. */
  readonly tellStanding: (
    where: { readonly tenant: string; readonly region: string },
    administrators: readonly string[],
  ) => Promise<void>
  readonly now: Clock
}

interface Stream {
  readonly actor: Actor
  readonly person: string
  readonly address: string
  readonly out: Readable
  /** What it was told last. */
  told: string
}

/** The streams of one process. */
export class UnreadStreams {
  readonly #ground: StreamGround
  readonly #bounds: StreamBounds
  readonly #streams = new Map<string, Set<Stream>>()
  readonly #nudges = new Map<string, string>()
  #timer: NodeJS.Timeout | undefined
  #lookedAt = 0
  #isAsking = false

  constructor(ground: StreamGround, bounds: StreamBounds = STREAM_BOUNDS) {
    this.#ground = ground
    this.#bounds = bounds
  }

  /** How many are open. */
  get open(): number {
    return this.#all().length
  }

  /**
   * Opens a stream that begins with the count as it is. Throws `too_many_requests` when the person, their address or this process has
   * as many as they may: who is refused asks from time to time instead.
   */
  begin(actor: Actor, person: string, unread: Unread): Readable {
    const address = addressKey(actor.origin.ip)
    const all = this.#all()
    const { perPerson, perAddress, all: most } = this.#bounds
    const mine = all.filter((one) => one.person === person && one.actor.tenant === actor.tenant)
    if (mine.length >= perPerson) throw new LimitReached('streams', 60)
    if (all.filter((one) => one.address === address).length >= perAddress || all.length >= most)
      throw new LimitReached('streams', 60)
    const out = new Readable({ read: () => undefined })
    const stream: Stream = { actor, person, address, out, told: '' }
    const own = this.#streams.get(actor.tenant) ?? new Set()
    this.#streams.set(actor.tenant, own.add(stream))
    out.once('close', () => this.#forget(stream))
    out.on('error', () => undefined)
    out.push('retry: 5000\n\n')
    say(stream, unread)
    if (this.#timer === undefined) {
      this.#lookedAt = stopwatch()
      this.#timer = setInterval(() => void this.ask(), this.#bounds.askMs).unref()
    }
    return out
  }

  /** Something changed in a tenant, says this process. */
  nudged(tenant: string): void {
    if (this.#streams.has(tenant)) void this.#look(tenant)
  }

  /** Asks the cells which tenants were nudged elsewhere, and looks at those; from time to time at all. */
  async ask(): Promise<void> {
    if (this.#isAsking) return
    this.#isAsking = true
    try {
      const isDue = stopwatch() - this.#lookedAt >= this.#bounds.lookMs
      if (isDue) this.#lookedAt = stopwatch()
      const regions = Map.groupBy(this.#streams, ([, [one]]) => one?.actor.region ?? '')
      for (const [region, entries] of regions) {
        const tenants = entries.map(([tenant]) => tenant)
        // A cell that is away is asked again in a moment, and its streams are none the wiser.
        const counts = await countNudges(this.#ground.cell(region), tenants).catch(() => undefined)
        for (const tenant of tenants) {
          const count = counts?.get(tenant)
          const isNudged = count !== undefined && count !== this.#nudges.get(tenant)
          if (count !== undefined) this.#nudges.set(tenant, count)
          if (isNudged || isDue) await this.#look(tenant)
        }
      }
    } finally {
      this.#isAsking = false
    }
  }

  /** Ends all of them; pages open theirs again elsewhere. */
  close(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    for (const { out } of this.#all()) out.push(null)
  }

  async #look(tenant: string): Promise<void> {
    const streams = [...(this.#streams.get(tenant) ?? [])]
    const [first] = streams
    if (!first) return
    try {
      const db = (await this.#ground.tenant(tenant)).db('activity')
      const alive = await findAlive(db, streams, this.#ground.now())
      const over = streams.filter(({ actor }) => !alive.has(actor.credentialId ?? ''))
      end(over)
      const open = streams.filter((stream) => !over.includes(stream))
      const administrators = open.flatMap(({ actor, person }) =>
        alive.get(actor.credentialId ?? '') === 'member' ? [] : [person],
      )
      if (administrators.length > 0)
        await this.#ground.tellStanding({ tenant, region: first.actor.region }, [...new Set(administrators)])
      const persons = [...new Set(open.map(({ person }) => person))]
      const counts = await countFor(db, persons, this.#ground.now())
      for (const stream of open) say(stream, counts.get(stream.person) ?? { unread: 0, newest: null })
    } catch (error) {
      // The organisation has ended, and every session with it.
      if (error instanceof PublicError && error.code === 'not_found') return end(streams)
      // The database or the keeper is away: the streams stay, and are looked at again in a while.
      for (const { out } of streams) out.push(':\n\n')
    }
  }

  #all(): Stream[] {
    return [...this.#streams.values()].flatMap((own) => [...own])
  }

  #forget(stream: Stream): void {
    const own = this.#streams.get(stream.actor.tenant)
    own?.delete(stream)
    if (own?.size === 0) {
      this.#streams.delete(stream.actor.tenant)
      this.#nudges.delete(stream.actor.tenant)
    }
    if (this.#streams.size === 0) {
      clearInterval(this.#timer)
      this.#timer = undefined
    }
  }
}

/** Says that it is over, and ends them. */
function end(streams: readonly Stream[]): void {
  for (const { out } of streams) {
    out.push('event: ended\ndata: {}\n\n')
    out.push(null)
  }
}

/** What it has not been told yet, or a comment that keeps the line from being silent. */
function say(stream: Stream, unread: Unread): void {
  const text = JSON.stringify(unread)
  // Nobody takes it in: the connection is dead or hostile.
  if (stream.out.readableLength > 16_384) stream.out.destroy()
  else if (stream.told === text) stream.out.push(':\n\n')
  else stream.out.push(`event: unread\ndata: ${text}\n\n`)
  stream.told = text
}

/** Sessions and keys among those of the streams that still open something, with the role of their person now. */
async function findAlive(
  db: Parameters<typeof countFor>[0],
  streams: readonly Stream[],
  now: Date,
): Promise<ReadonlyMap<string, string>> {
  const ids = streams.flatMap(({ actor }) => (actor.credentialId === null ? [] : [actor.credentialId]))
  const { rows } = await sql<{ id: string; role: string }>`
    select session.id, member.role from session join member using (person), organisation
    where session.id = any(${ids}::uuid[]) and revoked_at is null and expires_at > ${now} and member.state = 'active'
      and last_seen_at + make_interval(mins => session_idle_minutes) > ${now}
    union all
    select api_key.id, member.role from api_key join member using (person)
    where api_key.id = any(${ids}::uuid[]) and revoked_at is null and (expires_at is null or expires_at > ${now}) and member.state = 'active'`.execute(
    db,
  )
  return new Map(rows.map(({ id, role }) => [id, role]))
}
