// Destruction in one region: what tenants destroyed is gathered into a batch, survivors are wrapped anew, the region's older epochs are
// forgotten by the keeper, and then certificates are written. See docs/decisions/0016-destruction.md.
// Must stay true: a batch takes only what was destroyed before the region's epoch began that survivors move to; nothing is forgotten while
// a tenant that lives still needs it; nothing is certified before it is forgotten; a kill at any instruction loses no step.
import { setTimeout as pause } from 'node:timers/promises'
import type { QueuePool } from '#core/db/queue-pool.ts'
import type { SteadyClient, SteadyConnection } from '#core/db/steady-client.ts'
import { CERTIFY_TASK } from '#core/destruction/destruction-record.ts'
import type { KeeperClient } from '#core/keys/keeper-client.ts'
import type { Log } from '#core/log.ts'
import type { Clock } from '#core/time.ts'
import { certifyEnded } from './certify-ended.ts'
import { clearTenant } from './end-tenant.ts'
import { writeEpochList, writeKeyList } from './key-lists.ts'
import { moveEpochs, renewEpoch } from './rewrap-tenant.ts'

/** One cell of the region. `client` is the migrator's and the destroyer's alone, `pool` the dispatcher's; `sealer` may end connections. */
export interface DestroyerCell {
  readonly client: SteadyClient
  readonly sealer: SteadyClient
  readonly pool: QueuePool
}

export interface DestroyerOptions {
  readonly region: string
  /** The first keeps the batches. */
  readonly cells: readonly [DestroyerCell, ...DestroyerCell[]]
  /** The registrar's. */
  readonly directory: SteadyClient
  readonly keeper: KeeperClient
  /** Where lists of the region's wrapped keys are kept for older copies of the database. */
  readonly keyLists: string
  readonly now: Clock
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>
  /** Has the container of a tenant that ended removed; false when nobody could. */
  removeContainer(tenant: string): Promise<boolean>
  /** Told before each step; tests stop there. */
  readonly onStep?: (step: DestructionStep) => Promise<void>
}

export const destructionSteps = [
  'clear',
  'claim',
  'roll',
  'renew',
  'rewrap',
  'move',
  'list',
  'forget',
  'record',
  'certify',
] as const
export type DestructionStep = (typeof destructionSteps)[number]

/** Copies of a destroyed key are lent for ten minutes at most; a minute more for clocks that differ. */
export const LOANS_END_MS = 11 * 60_000
const ROUND_MS = 2_000

interface Batch {
  readonly number: string
  readonly epoch: number | null
  readonly forgets: readonly number[] | null
}

/** The destroyer of one region. */
export interface Destroyer {
  /** Completes the batch that is open, or makes one of what is due. Answers how many destructions it made true. */
  round(): Promise<number>
  /** Rounds until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>
}

export function createDestroyer(options: DestroyerOptions): Destroyer {
  const { region, cells, keeper, now, log, onStep = async () => undefined } = options
  const [lead] = cells

  const ask = <Row extends object>(
    cell: DestroyerCell,
    text: string,
    values: unknown[] = [],
  ): Promise<Row[]> => cell.client.use(async (client) => (await client.query<Row>(text, values)).rows)

  /** The lead comes last: it is asked how far a batch is, so the others are never behind it. */
  async function everywhere(text: string, values: unknown[]): Promise<void> {
    for (const cell of cells.toReversed()) await ask(cell, text, values)
  }

  function dueUntil(): Date {
    return new Date(now().getTime() - LOANS_END_MS)
  }

  async function openBatch(): Promise<Batch | undefined> {
    const [open] = await ask<Batch>(
      lead,
      'select number, epoch, forgets from cell.destruction_batch where forgotten_at is null',
    )
    if (open) return open
    const due = await Promise.all(cells.map((cell) => ask(cell, `${DUE} limit 1`, [dueUntil()])))
    if (due.every((rows) => rows.length === 0)) return undefined
    await onStep('claim')
    const [begun] = await ask<Batch>(
      lead,
      `insert into cell.destruction_batch (number, began_at)
       select coalesce(max(number), 0) + 1, $1 from cell.destruction_batch returning number, epoch, forgets`,
      [now()],
    )
    return begun
  }

  /** Takes what is due, and only then begins the epoch that survivors move to: nothing destroyed was ever wrapped below that. */
  async function begin({ number }: Batch): Promise<number> {
    await everywhere(
      'insert into cell.destruction_batch (number, began_at) values ($1, $2) on conflict (number) do nothing',
      [number, now()],
    )
    await everywhere(`update cell.destruction set batch = $2 where id in (${DUE})`, [dueUntil(), number])
    await onStep('roll')
    const { epoch } = await keeper.ask('rollRegion', { region })
    await everywhere('update cell.destruction_batch set epoch = $2 where number = $1', [number, epoch])
    return epoch
  }

  async function renewTenants(cell: DestroyerCell, batch: string, epoch: number): Promise<void> {
    const tenants = await ask<{ tenant: string }>(
      cell,
      `select distinct d.tenant from cell.destruction d join cell.tenant t using (tenant)
       where d.batch = $1 and t.state <> 'ended' and t.region_epoch is distinct from $2`,
      [batch, epoch],
    )
    for (const { tenant } of tenants) {
      await onStep('renew')
      const { moved, damaged } = await cell.client.use((client) =>
        renewEpoch({ client, keeper, region, tenant, onBatch: () => onStep('rewrap') }, epoch),
      )
      log.info({ region, tenant, moved, damaged }, 'keys of a tenant lie under a new epoch')
    }
  }

  async function moveOthers(cell: DestroyerCell, epoch: number): Promise<void> {
    for (const { tenant } of await ask<{ tenant: string }>(cell, STALE, [epoch])) {
      await onStep('move')
      const damaged = await cell.client.use((client) => moveEpochs({ client, keeper, region, tenant }, epoch))
      if (damaged > 0) log.error({ region, tenant, damaged }, 'epochs of a tenant do not open')
    }
  }

  /** Behind this an older copy of the database opens with the lists alone. */
  async function writeLists(batch: string, epoch: number): Promise<void> {
    await onStep('list')
    for (const cell of cells)
      await cell.client.use(async (client) => {
        const { rows } = await client.query<{ tenant: string }>(
          `select distinct tenant from cell.destruction join cell.tenant t using (tenant) where batch = $1 and t.state <> 'ended'`,
          [batch],
        )
        for (const { tenant } of rows) await writeKeyList(client, options.keyLists, tenant)
      })
    await withAll(cells, (clients) => writeEpochList(clients, options.keyLists, epoch))
  }

  /** Notes once what will be forgotten, so that a kill behind the forgetting does not lose it. */
  async function noteForgets({ number, forgets }: Batch, epoch: number): Promise<void> {
    if (forgets !== null) return
    const { regions } = await keeper.ask('status', {})
    const live = regions.find(({ name }) => name === region)?.epochs ?? []
    await everywhere('update cell.destruction_batch set forgets = $2 where number = $1 and forgets is null', [
      number,
      live.filter((one) => one < epoch),
    ])
  }

  /** Forgets while no tenant can be made and none is left behind; false when one is, so that it is moved first. */
  function forget(epoch: number, rest: readonly DestroyerCell[] = cells): Promise<boolean> {
    const [cell, ...others] = rest
    if (!cell) return forgetNow(epoch)
    return cell.client.use(async (client) => {
      await client.query('begin')
      await client.query('lock table cell.tenant in share mode')
      const { rows } = await client.query(STALE, [epoch])
      const isDone = rows.length === 0 && (await forget(epoch, others))
      await client.query('commit')
      return isDone
    })
  }

  async function forgetNow(epoch: number): Promise<true> {
    await onStep('forget')
    const { live } = await keeper.ask('forgetEpochs', { region, before: epoch })
    if (live.some((one) => one < epoch)) throw new Error('the keeper holds an epoch that it was to forget')
    return true
  }

  /** Clears away the tenants that have ended. */
  async function clear(): Promise<void> {
    for (const cell of cells)
      for (const { tenant } of await ask<{ tenant: string }>(
        cell,
        `select tenant from cell.tenant where state = 'ended'`,
      )) {
        await onStep('clear')
        const isGone = await clearTenant(
          { ...cell, directory: options.directory, removeContainer: options.removeContainer },
          tenant,
        )
        if (isGone) log.info({ region, tenant }, 'a tenant is gone')
      }
  }

  /** Has every tenant write the certificates of what is forgotten and not certified into its log. */
  async function certify(): Promise<void> {
    for (const cell of cells)
      for (const { tenant } of await ask<{ tenant: string }>(cell, UNCERTIFIED)) {
        await onStep('certify')
        await cell.pool.query(
          `select queue.add_job(identifier => 'tenant', job_key => $1 || ':' || $2, max_attempts => 25, flags => array[$1],
             payload => json_build_object('task', $2::text, 'tenant', $1::text, 'record', gen_random_uuid()))`,
          [tenant, CERTIFY_TASK],
        )
      }
  }

  /** A keeper that was brought back from an older copy holds again what it forgot, or lacks what the tables lie under. */
  async function checkKeeper(): Promise<void> {
    const [last] = await ask<{ epoch: number; forgets: number[] }>(
      lead,
      `select max(epoch) as epoch, coalesce(array_agg(one) filter (where one is not null), '{}') as forgets
       from cell.destruction_batch left join lateral unnest(forgets) one on true where forgotten_at is not null`,
    )
    if (!last?.epoch) return
    const { regions, sequence } = await keeper.ask('status', {})
    const live = regions.find(({ name }) => name === region)?.epochs ?? []
    const newest = live.at(-1) ?? 0
    if (newest < last.epoch) {
      log.error(
        { region, sequence, newest, needed: last.epoch },
        'the keeper is an older copy than its region: bring a newer state (panoply admin restore-keeper)',
      )
      throw new Error('the keeper is older than its region')
    }
    const back = live.filter((epoch) => last.forgets.includes(epoch))
    if (back.length === 0) return
    log.error(
      { region, sequence, epochs: back },
      'the keeper held again what it had forgotten; it forgets it now',
    )
    await keeper.ask('forgetEpochs', { region, before: last.epoch })
  }

  async function round(): Promise<number> {
    await checkKeeper()
    await clear()
    const batch = await openBatch()
    if (!batch) {
      // What a kill kept from it, too.
      for (const cell of cells) await certifyEnded(cell, { region, lead, keeper, now })
      return 0
    }
    const epoch = batch.epoch ?? (await begin(batch))
    do {
      for (const cell of cells) await renewTenants(cell, batch.number, epoch)
      for (const cell of cells) await moveOthers(cell, epoch)
      await writeLists(batch.number, epoch)
      await noteForgets(batch, epoch)
    } while (!(await forget(epoch)))
    await onStep('record')
    const { sequence } = await keeper.ask('status', {})
    await everywhere(
      'update cell.destruction_batch set forgotten_at = $2, sequence = $3 where number = $1 and forgotten_at is null',
      [batch.number, now(), sequence],
    )
    await certify()
    for (const cell of cells) await certifyEnded(cell, { region, lead, keeper, now })
    let count = 0
    for (const cell of cells)
      count += (await ask(cell, 'select from cell.destruction where batch = $1', [batch.number])).length
    log.info({ region, epoch, destructions: count }, 'older epochs of the region are forgotten')
    return count
  }

  return {
    round,
    async run(signal) {
      let isFirst = true
      while (!signal.aborted) {
        try {
          // What a kill kept from being queued; jobs that are there already are only replaced.
          if (isFirst) await certify()
          isFirst = false
          await round()
        } catch (error) {
          log.error({ region, err: error }, 'a destruction waits for its next try')
          isFirst = true
        }
        await pause(ROUND_MS, undefined, { signal }).catch((error: Error) => {
          if (error.name !== 'AbortError') throw error
        })
      }
    },
  }
}

/** Takes a turn on the connection of each cell. */
function withAll<T>(
  cells: readonly DestroyerCell[],
  work: (clients: readonly SteadyConnection[]) => Promise<T>,
  held: readonly SteadyConnection[] = [],
): Promise<T> {
  const [cell, ...rest] = cells
  return cell ? cell.client.use((client) => withAll(rest, work, [...held, client])) : work(held)
}

/** Tenants that live and are not known to lie under the epoch. */
const STALE = `select tenant from cell.tenant where state <> 'ended' and region_epoch is distinct from $1 order by tenant`
/** What no batch has taken and no loan can open any more. */
const DUE = `select id from cell.destruction d where batch is null and not awaits_index and destroyed_at <= $1
  and not exists (select from cell.tenant t where t.tenant = d.tenant and d.kind = 'organisation')`
const UNCERTIFIED = `select distinct d.tenant from cell.destruction d join cell.destruction_batch b on b.number = d.batch
  where b.forgotten_at is not null and d.certified_at is null and d.kind <> 'organisation'`
