// Jobs that one canary enqueues for the other: with payloads that name it, its records, its activity. What they did shows in the logs
// of both when they have run. Must stay true: a job counts as refused only after it was seen to run where it belongs.
import { sql } from 'kysely'
import { PublicError } from '#core/errors.ts'
import type { ProbeCounts } from '#core/evidence/isolation-log.ts'
import { newId } from '#core/ids.ts'
import { startActivity } from '#core/jobs/enqueue.ts'
import { systemActor } from '#core/tenancy/system-actor.ts'
import { NOTE_TASK } from './note-canary.job.ts'
import type { Canary, ProbeGround } from './probe-ground.ts'

/** A job that was not seen to run after so long is not judged, milliseconds. */
const PATIENCE = 600_000

interface Sent {
  readonly name: string
  readonly at: number
  readonly me: Canary
  readonly other: Canary
  /** Stands in the log of the tenant in which it ran. */
  readonly attempt: string
  /** An activity of the other that must stay as it is. */
  readonly bait: string | null
}

/** Sends jobs and looks later what became of them. */
export interface JobAttempts {
  /** Enqueues one job as `me`, about `other`. */
  send(me: Canary, other: Canary): Promise<void>
  /** Judges what has run since. */
  settle(): Promise<ProbeCounts & { readonly hit: string | null }>
  /** Jobs that were sent and not judged yet. */
  readonly waiting: number
}

type Form = readonly [
  name: string,
  make: (other: Canary) => { record?: string; options: object; bait?: boolean },
]

const FORMS: readonly Form[] = [
  ['a tenant in the options', ({ tenant }) => ({ options: { tenant } })],
  ['a caller in the options', ({ tenant }) => ({ options: { caller: tenant, session_user: `t_${tenant}` } })],
  ['a payload in the options', ({ tenant }) => ({ options: { payload: { tenant } } })],
  ['flags and a queue of the other', ({ tenant }) => ({ options: { flags: [tenant], queue_name: tenant } })],
  ['a key of the other', ({ tenant }) => ({ options: { key: `${tenant}:${NOTE_TASK}:${newId()}` } })],
  ['a record of the other', (other) => ({ record: recordOf(other), options: {} })],
  ['a person of the other', (other) => ({ record: other.ids.get('person')?.[0] ?? newId(), options: {} })],
  ['an activity of the other', () => ({ options: {}, bait: true })],
]

/** Opens the layer of jobs. `now` in milliseconds since 1970. */
export function openJobAttempts(ground: ProbeGround): JobAttempts {
  const { ctx, region } = ground
  const sent: Sent[] = []
  const baits = new Map<string, Promise<string>>()
  let next = 0

  /** A waiting activity of the other: whoever could reach it would begin it. */
  function baitOf({ tenant, word, ids }: Canary): Promise<string> {
    const known = baits.get(tenant)
    if (known) return known
    const house = systemActor(tenant, { region, origin: { ip: '', userAgent: '' }, requestId: newId() })
    // Every record has somebody who made it, that of a canary too.
    const actor = { ...house, onBehalfOf: ids.get('person')?.[0] ?? null }
    const made = ctx.write(actor, async (tx) => {
      tx.audit({ action: 'trust.canary.readied' })
      return startActivity(tx, NOTE_TASK, newId(), {
        kind: 'trust.canary.waiting',
        recordKind: 'attempt',
        title: word,
      })
    })
    baits.set(tenant, made)
    return made
  }

  return {
    async send(me, other) {
      const [name, make] = FORMS[next++ % FORMS.length] ?? FORMS[0] ?? never()
      const { record, options, bait } = make(other)
      const attempt = newId()
      const activity = bait ? await baitOf(other) : null
      const told = { ...options, attempts: 1, by: attempt, ...(activity === null ? {} : { activity }) }
      await sql`select cell.enqueue(${NOTE_TASK}, ${record ?? newId()}::uuid, ${JSON.stringify(told)}::jsonb)`.execute(
        me.opened.db('activity'),
      )
      // Who runs cannot be cancelled by another; what this says is that it was not.
      if (activity !== null)
        await sql`select cell.cancel_job(${activity}::uuid)`.execute(me.opened.db('activity'))
      sent.push({ name, at: ctx.now().getTime(), me, other, attempt, bait: activity })
    },
    async settle() {
      let attempts = 0
      let hits = 0
      let unclear = 0
      let hit: string | null = null
      const tenants = new Map(
        sent.flatMap(
          ({ me, other }) =>
            [
              [me.tenant, me],
              [other.tenant, other],
            ] as const,
        ),
      )
      const seen = new Map<string, { tenant: string; action: string }[]>()
      for (const canary of tenants.values()) {
        const ids = sent.map(({ attempt }) => attempt)
        const { rows } = await sql<{ id: string; action: string }>`
          select record_id as id, action from audit where record_id = any(${ids}::uuid[])`.execute(
          canary.opened.db('activity'),
        )
        for (const { id, action } of rows)
          seen.set(id, [...(seen.get(id) ?? []), { tenant: canary.tenant, action }])
      }
      const touched = await touchedBaits(sent)
      for (const one of sent.splice(0)) {
        const events = seen.get(one.attempt) ?? []
        const isHit =
          events.some(
            ({ tenant, action }) => tenant !== one.me.tenant || action === 'trust.canary.reached',
          ) ||
          (one.bait !== null && touched.has(one.bait))
        // With an activity of the other the job finds none to begin and ends, so that there is no event to see.
        const isOver = events.length > 0 || (one.bait !== null && ctx.now().getTime() - one.at > 5_000)
        const isLate = ctx.now().getTime() - one.at > PATIENCE
        if (!isHit && !isOver && !isLate) {
          sent.push(one)
          continue
        }
        attempts++
        if (isHit) {
          hits++
          hit = one.name
        } else if (!isOver) unclear++
      }
      return { attempts, hits, unclear, hit }
    },
    get waiting() {
      return sent.length
    },
  }
}

/** Baits that are no longer as they were made. */
async function touchedBaits(sent: readonly Sent[]): Promise<Set<string>> {
  const touched = new Set<string>()
  const byTenant = Map.groupBy(
    sent.filter(({ bait }) => bait !== null),
    ({ other }) => other,
  )
  for (const [other, of] of byTenant) {
    const ids = [...new Set(of.map(({ bait }) => bait))]
    const { rows } = await sql<{ id: string }>`
      select id from activity where id = any(${ids}::uuid[])
        and (state <> 'waiting' or cancel_requested_at is not null or updated_at <> created_at)`.execute(
      other.opened.db('activity'),
    )
    for (const { id } of rows) touched.add(id)
  }
  return touched
}

function recordOf({ ids }: Canary): string {
  return ids.get('document')?.[0] ?? ids.get('organisation')?.[0] ?? newId()
}

function never(): never {
  throw new PublicError('internal')
}
