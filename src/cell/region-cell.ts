// One cell at work: its migrations, queue, spare tenants and sealer. Owns the system roles' connections to one cluster.
import { join } from 'node:path'
import type { CellPlace, RegionPlace } from '#core/config.ts'
import { kyselyOnLease } from '#core/db/kysely-on.ts'
import { migrateDatabase, readMigrations } from '#core/db/migrate.ts'
import { openQueuePool } from '#core/db/queue-pool.ts'
import { steadyClient } from '#core/db/steady-client.ts'
import { connectAs, loginOf } from '#core/db/system-login.ts'
import type { KeeperClient } from '#core/keys/keeper-client.ts'
import type { Log } from '#core/log.ts'
import { wallClock } from '#core/time.ts'
import type { RegionHealth } from '#protocol/cell/caller.ts'
import { cellHealth } from './cell-health.ts'
import { keeperSigner } from './checkpoint-signer.ts'
import { type Dispatcher, startDispatcher } from './dispatcher.ts'
import type { CellGround } from './evidence/cell-ground.ts'
import { type CellEvidence, keepEvidence, readEvidence } from './evidence/keep-evidence.ts'
import { keepRefusals } from './keep-refusals.ts'
import { makeCanaries } from './make-canaries.ts'
import { migrateTenants, tenantsBehind } from './migrate-tenants.ts'
import { prepareQueue } from './prepare-queue.ts'
import { createSealer } from './sealer.ts'
import { keepSpareTenants, type SpareTenants } from './spare-tenants.ts'
import type { Workers } from './workers.ts'

export interface RegionCellOptions {
  readonly config: CellGround['config']
  readonly region: RegionPlace
  readonly place: CellPlace
  readonly keeper: KeeperClient
  readonly workers: Workers
  readonly log: Log
}

export interface RegionCell {
  readonly region: string
  readonly dispatcher: Dispatcher
  readonly spares: SpareTenants
  readonly evidence: CellEvidence
  health(): Promise<RegionHealth>
  status(): Promise<{ waiting: number; running: number; spares: number; tenantsBehind: number }>
  /** Close the workers first. */
  stop(): Promise<void>
}

/** Brings the directory up to date; it lives in the first cell. */
export async function migrateDirectory({ config, keeper }: RegionCellOptions): Promise<void> {
  const migrator = await connectAs(loginOf(keeper, config.regions[0].cells[0], 'directory', 'migrator'))
  try {
    await migrateDatabase(migrator, readMigrations(join(config.appFolder, 'migrations/directory')))
  } finally {
    await migrator.end()
  }
}

/** Migrates the cell, then starts everything in it. The directory is up to date already. */
export async function startRegionCell(options: RegionCellOptions): Promise<RegionCell> {
  const { config, place, keeper, workers, log } = options
  const region = options.region.name
  const login = (role: string, database = 'cell') => loginOf(keeper, place, database, role)
  const maker = steadyClient(login('migrator'))
  const giver = steadyClient(login('migrator'))
  const registrar = steadyClient(loginOf(keeper, config.regions[0].cells[0], 'directory', 'registrar'))
  const cellMigrations = readMigrations(join(config.appFolder, 'migrations/cell'))
  const migrations = readMigrations(join(config.appFolder, 'migrations/tenant'))
  const ran = await maker.use((client) => migrateDatabase(client, cellMigrations))
  if (ran > 0) log.info({ region, ran }, 'cell migrated')

  const pool = openQueuePool(login('dispatcher'), 8)
  await prepareQueue(pool, log)
  const dispatcher = await startDispatcher({ region, pool, workers, log })

  const stopping = new AbortController()
  const sealer = createSealer({
    region,
    async connect() {
      const client = await connectAs(login('sealer'))
      client.on('error', () => undefined)
      return {
        db: kyselyOnLease({ client, release: () => undefined }),
        close: () => client.end(),
      }
    },
    sign: keeperSigner(keeper, region),
    now: wallClock,
    log,
  })
  const sealing = sealer.run(stopping.signal)
  const keeping = keepRefusals({ region, pool, now: wallClock, log }, stopping.signal)

  const prober = steadyClient(login('migrator'))
  const finder = steadyClient(loginOf(keeper, config.regions[0].cells[0], 'directory', 'registrar'))
  const counter = steadyClient(login('dispatcher'))
  const evidence = keepEvidence({
    evidence: readEvidence(config.appFolder),
    config,
    region: options.region,
    cell: prober,
    directory: finder,
    queue: counter,
    workers,
    async liveEpochs() {
      const { regions } = await keeper.ask('status', {})
      return regions.find(({ name }) => name === region)?.epochs ?? []
    },
    sign: keeperSigner(keeper, region),
    now: wallClock,
    log,
  })
  const showing = evidence.run(stopping.signal)

  const spares = keepSpareTenants({
    region,
    cell: place.name,
    keeper,
    migrations,
    maker,
    giver,
    registrar,
    log,
  })
  await spares.begin()
  const migrating = migrateTenants({ region, client: maker, migrations, log }, stopping.signal).catch(
    (error: unknown) => log.error({ region, error }, 'tenants stay behind until the next start'),
  )

  const canaries = makeCanaries({
    region,
    cell: place.name,
    keeper,
    migrations,
    maker,
    giver,
    registrar,
  }).catch((error: unknown) => log.error({ region, error }, 'canaries are made at the next start'))

  return {
    region,
    dispatcher,
    spares,
    evidence,
    health: () =>
      cellHealth({ region, migrator: giver, queue: pool, folder: join(config.appFolder, 'migrations') }),
    async status() {
      const { rows } = await pool.query<{ waiting: number }>(
        'select count(*)::int as waiting from queue._private_jobs where locked_at is null',
      )
      return {
        waiting: rows[0]?.waiting ?? 0,
        running: dispatcher.running(),
        spares: await spares.count(),
        tenantsBehind: (await tenantsBehind({ region, client: giver, migrations })).length,
      }
    },
    async stop() {
      stopping.abort()
      await Promise.all([dispatcher.stop(), sealing, keeping, showing, migrating, canaries, spares.stop()])
      await Promise.all([
        pool.end(),
        maker.close(),
        giver.close(),
        registrar.close(),
        prober.close(),
        finder.close(),
        counter.close(),
      ])
    },
  }
}
