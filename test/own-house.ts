/**
 * A house inside the test's process: real clusters, a real keeper, the door and the app, without sockets of the web and without the
 * five processes. Tenants are made as the product makes them. Jobs run when the test says so.
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { keeperSigner } from '#cell/checkpoint-signer.ts'
import { createDestroyer, type Destroyer, type DestroyerOptions } from '#cell/destroyer.ts'
import { noteEnd } from '#cell/end-tenant.ts'
import { prepareQueue } from '#cell/prepare-queue.ts'
import { keepSpareTenants } from '#cell/spare-tenants.ts'
import { sealAudit } from '#core/audit/seal-audit.ts'
import { openBlobStore } from '#core/blobs/blob-store.ts'
import { kyselyOnLease } from '#core/db/kysely-on.ts'
import type { Login } from '#core/db/lease-pools.ts'
import { migrateDatabase, readMigrations } from '#core/db/migrate.ts'
import { openQueuePool } from '#core/db/queue-pool.ts'
import { steadyClient } from '#core/db/steady-client.ts'
import { connectAs, loginOf } from '#core/db/system-login.ts'
import { PublicError } from '#core/errors.ts'
import { silentLog } from '#core/log.ts'
import type { OutboundOptions } from '#core/net/outbound/outbound.ts'
import { logOrigin } from '#protocol/keeper/log-origin.ts'
import { buildApp } from '#server/app.ts'
import { allRoutes } from '#server/route-table.ts'
import { type BuiltCtx, buildContextOn } from '#src/context.ts'
import type { OwnClusterOptions } from './own-cluster.ts'
import { type OwnGround, openGround } from './own-ground.ts'
import { WIDE_LIMITS } from './wide-limits.ts'

const MIGRATIONS = join(import.meta.dirname, '../migrations')

// biome-ignore lint/suspicious/noExplicitAny: a test reads answers by hand and fails where they differ.
type Json = any

/** A person who is signed in, as requests need it. */
export interface Resident {
  readonly email: string
  readonly password: string
  readonly token: string
}

export interface OwnHouse {
  readonly ctx: BuiltCtx
  readonly app: FastifyInstance
  readonly folder: string
  /** Asks for an account and answers the token in the mail. */
  signUp(email: string): Promise<string>
  /** Founds an organisation, or joins the one of the address's domain, through the operations themselves. */
  aResident(email?: string): Promise<Resident>
  /** One request with a session. */
  ask(
    resident: Resident | null,
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    url: string,
    body?: object,
  ): Promise<{ status: number; json: Json; text: string }>
  /** Another process of the same house whose clock is behind by so many milliseconds; closed with the house. */
  aNeighbour(behind: number): BuiltCtx
  /** The web server of another process of the same house; closed with the house. */
  anotherApp(): Promise<FastifyInstance>
  /** How often something was refused that belongs to no tenant, by a part of its reason. */
  countRefused(reason: string): Promise<number>
  /** Moves the clocks of the house, its keeper and lent keys on, milliseconds. */
  passTime(milliseconds: number): void
  /** Seals the log of the resident's organisation as the cell does; no sealer runs here by itself. */
  sealLog(resident: Resident): Promise<void>
  /** What makes destructions true; it works when the test says so. Closed with the house. */
  destroyer(onStep?: DestroyerOptions['onStep']): Destroyer
  /** The keeper, as a role asks it. */
  readonly keeper: OwnGround['keeper']
  readonly place: OwnGround['place']
  readonly ground: OwnGround
  /** The login of a system role, for tests that look or break things from below. */
  login(role: string, database?: string): Login
  stop(): Promise<void>
}

export interface OwnHouseOptions extends OwnClusterOptions {
  /** The world outside; without it, loopback may not be called and names are asked of the machine's own name servers. */
  readonly outside?: Partial<OutboundOptions>
}

/**
 * Opens a house with one region, `eu`. Takes about three seconds. On `copied` ground it opens what is there already; its keeper belongs to
 * somebody else.
 */
export async function openHouse(
  { outside, ...options }: OwnHouseOptions = {},
  copied?: OwnGround,
): Promise<OwnHouse> {
  const folder = mkdtempSync(join(tmpdir(), 'panoply-own-house-'))
  const ground = copied ?? (await openGround(join(folder, 'blobs'), options))
  const { keeper, place, region } = ground
  const cellKeeper = keeper.as('cell')
  const login = (role: string, database = 'cell') => loginOf(cellKeeper, place, database, role)
  const maker = steadyClient(login('migrator'))
  const giver = steadyClient(login('migrator'))
  const registrar = steadyClient(login('registrar', 'directory'))
  const directoryOwner = steadyClient(login('migrator', 'directory'))
  await maker.use((client) => migrateDatabase(client, readMigrations(join(MIGRATIONS, 'cell'))))
  await directoryOwner.use((client) => migrateDatabase(client, readMigrations(join(MIGRATIONS, 'directory'))))
  await directoryOwner.close()
  const pool = openQueuePool(login('dispatcher'), 2)
  await prepareQueue(pool, silentLog())
  await pool.end()
  const migrations = readMigrations(join(MIGRATIONS, 'tenant'))
  const clients = { maker, giver, registrar }
  // None is kept, so that a house has the tenants its test made and no others.
  const spares = keepSpareTenants({
    region: 'eu',
    cell: place.name,
    keeper: cellKeeper,
    migrations,
    ...clients,
    log: silentLog(),
    kept: 0,
  })
  const keyLists = join(folder, 'keys')
  mkdirSync(keyLists)
  let passed = 0
  const contextBehind = (behind: number) =>
    buildContextOn({
      as: 'web',
      regions: [region],
      keeper: keeper.as('web'),
      limits: WIDE_LIMITS,
      smtpUrl: null,
      mailFrom: 'panoply@localhost',
      ...(outside ? { outside } : {}),
      now: () => new Date(Date.now() + passed - behind),
      keyClock: { now: () => keeper.clock.now() - behind, after: keeper.clock.after },
      claimTenant: (_, domainBlind) => spares.claim(domainBlind),
      endTenant: async (_, tenant, organisation) => {
        const destruction = await giver.use((client) => noteEnd(client, tenant, organisation))
        if (destruction === undefined) throw new PublicError('not_found')
        return destruction
      },
    })
  const ctx = contextBehind(0)
  const neighbours: BuiltCtx[] = []
  const apps: FastifyInstance[] = []
  const closing: (() => Promise<void>)[] = []
  const appOn = async (served: BuiltCtx): Promise<FastifyInstance> => {
    const built = await buildApp({
      ctx: served,
      log: pino({ level: 'error' }, pino.destination(2)),
      routes: allRoutes(),
      // Requests come by injection and over any port: there is no host name to hold them to.
      hosts: { arrivalOf: () => 'eu', regionOf: () => 'eu' },
      trustedProxies: [],
    })
    apps.push(built)
    await built.ready()
    return built
  }
  const app = await appOn(ctx)
  const house: OwnHouse = {
    keeper,
    place,
    ground,
    login,
    ctx,
    app,
    folder,
    async signUp(email) {
      const account = { email, displayName: 'A Resident', country: 'SE' }
      const sent = await house.ask(null, 'POST', '/v1/accounts', account)
      if (sent.status !== 202) throw new Error(`sign-up answered ${sent.status}: ${sent.text}`)
      const mails = await ctx.mail.listAll(await ctx.mail.secret())
      const mail = mails?.items.find(({ to }) => to === email.toLowerCase())
      return /token=([A-Za-z0-9._-]+)/.exec(mail?.text ?? '')?.[1] ?? ''
    },
    async aResident(email = `founder@${randomBytes(6).toString('hex')}.example`) {
      const password = `quiet meadow ${randomBytes(6).toString('hex')}`
      const token = await house.signUp(email)
      const storage = { knowledge: true, agreements: true, fleet: false }
      const opened = await app.inject({
        method: 'POST',
        url: '/v1/accounts/verification',
        payload: { token, password, storage },
      })
      if (opened.statusCode !== 201)
        throw new Error(`verification answered ${opened.statusCode}: ${opened.body}`)
      return { email, password, token: opened.json().token }
    },
    async ask(resident, method, url, body) {
      const response = await app.inject({
        method,
        url,
        ...(body ? { payload: body } : {}),
        headers: resident ? { authorization: `Bearer ${resident.token}` } : {},
      })
      const isJson = /json/.test(String(response.headers['content-type']))
      return {
        status: response.statusCode,
        json: isJson ? response.json() : undefined,
        text: response.body,
      }
    },
    aNeighbour(behind) {
      const neighbour = contextBehind(behind)
      neighbours.push(neighbour)
      return neighbour
    },
    anotherApp: () => appOn(house.aNeighbour(0)),
    async countRefused(reason) {
      const { rows } = await maker.use((client) =>
        client.query<{ count: string }>(
          'select coalesce(sum(count), 0) as count from cell.refusal where position($1 in reason) > 0',
          [reason],
        ),
      )
      return Number(rows[0]?.count)
    },
    passTime(milliseconds) {
      passed += milliseconds
      keeper.clock.pass(milliseconds)
    },
    async sealLog({ token }) {
      const tenant = token.split('.')[0] ?? ''
      const client = await connectAs(login('sealer'))
      try {
        await sealAudit({
          db: kyselyOnLease<unknown>({ client, release: () => undefined }),
          tenant,
          origin: logOrigin('eu', tenant),
          sign: keeperSigner(cellKeeper, 'eu'),
          now: () => new Date(Date.now() + passed),
        })
      } finally {
        await client.end()
      }
    },
    destroyer(onStep) {
      const client = steadyClient(login('migrator'))
      const sealer = steadyClient(login('sealer'))
      const queue = openQueuePool(login('dispatcher'), 2)
      closing.push(async () => {
        await client.close()
        await sealer.close()
        await queue.end()
      })
      return createDestroyer({
        region: 'eu',
        cells: [{ client, sealer, pool: queue }],
        directory: registrar,
        keyLists,
        removeContainer: async (tenant) => {
          await openBlobStore(region.blobRoot).removeContainer(tenant)
          return true
        },
        keeper: cellKeeper,
        now: () => new Date(Date.now() + passed),
        log: silentLog(),
        ...(onStep ? { onStep } : {}),
      })
    },
    async stop() {
      for (const close of closing) await close()
      await Promise.all(apps.map((one) => one.close()))
      await Promise.all([ctx, ...neighbours].map((one) => one.close()))
      await spares.stop()
      await Promise.all(Object.values(clients).map((client) => client.close()))
      await ground.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  return house
}
