// The composition root: from a configuration to everything a web or worker process works with. The only file that constructs things.
import { keyPermissionsByRole, permissionsByRole } from '#core/access/permissions.ts'
import { encodeVerifierKey } from '#core/audit/checkpoint.ts'
import { Credentials } from '#core/auth/credentials.ts'
import { Passwords } from '#core/auth/password.ts'
import { SigningKeys } from '#core/auth/signing/signing-keys.ts'
import { type BlobStore, openBlobStore } from '#core/blobs/blob-store.ts'
import { type Config, cellSocket, keeperSocket, type RegionPlace } from '#core/config.ts'
import type { Ctx } from '#core/ctx.ts'
import { kyselyOnPool } from '#core/db/kysely-on.ts'
import { LeasePools } from '#core/db/lease-pools.ts'
import { loginOf } from '#core/db/system-login.ts'
import type { CellTables, DirectoryTables } from '#core/db/tables.gen.ts'
import { PublicError } from '#core/errors.ts'
import { openIsolationLog } from '#core/evidence/isolation-log.ts'
import { openEvidenceLog } from '#core/evidence/read-results.ts'
import type { ParserPlace } from '#core/jobs/capped-child.ts'
import { openCellClient } from '#core/jobs/cell-client.ts'
import { type KeeperClient, openKeeperClient } from '#core/keys/keeper-client.ts'
import type { KeyClock } from '#core/keys/key-clock.ts'
import { openRegionKeys, type RegionKeys } from '#core/keys/region-keys.ts'
import { openTenantKeyring } from '#core/keys/tenant-keyring.ts'
import { LIMITS, type LimitBounds, Limits } from '#core/limits/limits.ts'
import type { Log } from '#core/log.ts'
import { openMail } from '#core/mail/send-mail.ts'
import { openNotes } from '#core/net/outbound/note-call.ts'
import { type OutboundOptions, openOutbound } from '#core/net/outbound/outbound.ts'
import { StandingNotices } from '#core/notifications/standing-notices.ts'
import { UnreadStreams } from '#core/notifications/unread-streams.ts'
import { Directory } from '#core/regions/directory.ts'
import { VisitLog } from '#core/regions/visit-log.ts'
import { SearchCache } from '#core/search/search-cache.ts'
import { type Door, openDoor } from '#core/tenancy/open-door.ts'
import { TenantConnections } from '#core/tenancy/tenant-connections.ts'
import { type Clock, wallClock } from '#core/time.ts'
import { Courier } from '#core/webhooks/courier.ts'
import { openTeller } from '#core/webhooks/queue-deliveries.ts'
import { products } from './products.ts'

/** How long messages that are out may go on when the process stops; what is broken off is sent again. */
const COURIER_GRACE_MS = 2_000

/** Connections one process may open to all clusters together; a cluster allows 300. */
const CONNECTIONS = { web: 120, worker: 40 } as const

/** The context, and what only the server asks of it. */
export type BuiltCtx = Ctx & Pick<Door, 'hasAudited'>

/** What a context stands on; tests give their own. */
export interface ContextGround
  extends Pick<Config, 'regions' | 'smtpUrl' | 'mailFrom'>,
    Partial<Pick<Config, 'allowsLoopback'>> {
  /** Whose bounds hold. */
  readonly as: 'web' | 'worker'
  readonly keeper: KeeperClient
  readonly now: Clock
  /** The clock by which lent keys end; the machine's unless said. */
  readonly keyClock?: KeyClock
  readonly parsing?: ParserPlace | null
  /** Hears of what nobody waits for. */
  readonly log?: Log | null
  /** The world outside as tests have it. */
  readonly outside?: Partial<OutboundOptions>
  /** What may be asked of this process; the product's own bounds unless said. */
  readonly limits?: LimitBounds
  claimTenant(region: string, domainBlind: Buffer): Promise<string>
  /** Ends a tenant; refused with `busy` where there is nobody to do it. */
  endTenant?(region: string, tenant: string, organisation: string): Promise<string>
  /** Runs evidence of a region now; refused with `busy` where there is nobody to run it. */
  runEvidence?(region: string, evidence: string): Promise<number>
}

/** Builds the context of a web or worker process from its configuration. */
export function buildContext(
  config: Config,
  as: 'web' | 'worker',
  parsing: ParserPlace | null = null,
  log: Log | null = null,
): BuiltCtx {
  const keeper = openKeeperClient({ socket: keeperSocket(config, as) })
  const cell = openCellClient({ socket: cellSocket(config, as) })
  const ctx = buildContextOn({
    as,
    regions: config.regions,
    smtpUrl: config.smtpUrl,
    mailFrom: config.mailFrom,
    allowsLoopback: config.allowsLoopback,
    keeper,
    now: wallClock,
    parsing,
    log,
    async claimTenant(region, domainBlind) {
      return (await cell.ask('claimTenant', { region, domainHmac: domainBlind.toString('hex') })).tenant
    },
    async endTenant(region, tenant, organisation) {
      return (await cell.ask('endTenant', { region, tenant, organisation })).destruction
    },
    async runEvidence(region, evidence) {
      return (await cell.ask('runEvidence', { region, evidence })).position
    },
  })
  return {
    ...ctx,
    async close() {
      cell.close()
      await ctx.close()
      keeper.close()
    },
  }
}

/** Builds a context on the given ground. The caller closes the keeper's client after it. */
export function buildContextOn(parts: ContextGround): BuiltCtx {
  const config = parts
  const { now, keeper } = parts
  const pools = new LeasePools({ cap: CONNECTIONS[parts.as], perLogin: 12, idleMs: 60_000, waitMs: 5_000 })
  const regionKeys = memo((key: string): RegionKeys => {
    const [region = '', purpose = ''] = key.split('/')
    return openRegionKeys({ keeper, region, purpose: purpose as Parameters<Ctx['regionKeys']>[1] })
  })
  const placeOf = (name: string): RegionPlace => {
    const region = config.regions.find((place) => place.name === name)
    if (!region) throw new Error(`no region ${name} here`)
    return region
  }
  const routerLease = memo((region: string) => {
    const router = loginOf(keeper, placeOf(region).cells[0], 'cell', 'router')
    return () => pools.lease(router)
  })
  const cellDb = memo((region: string) => kyselyOnPool<CellTables>(routerLease(region)))
  const blobs = memo((region: string): BlobStore => openBlobStore(placeOf(region).blobRoot))
  const directoryLogin = loginOf(keeper, config.regions[0].cells[0], 'directory', 'router')
  const directory = new Directory({
    db: kyselyOnPool<DirectoryTables>(() => pools.lease(directoryLogin)),
    keys: regionKeys(`${config.regions[0].name}/directory`),
    regions: config.regions,
  })
  const keyring = openTenantKeyring({ keeper, ...(parts.keyClock ? { clock: parts.keyClock } : {}) })
  const tenants = new TenantConnections({ pools, keeper, keyring, directory })
  const searchCache = new SearchCache()
  const standing = new StandingNotices(products.flatMap(({ standing: source }) => source ?? []))
  const unreadStreams = new UnreadStreams({
    tenant: (id) => tenants.of(id),
    cell: cellDb,
    tellStanding: (where, persons) => standing.tell(built, where, persons),
    now,
  })
  const nudged = (tenant: string) => unreadStreams.nudged(tenant)
  const eventTypes = products.flatMap((product) => product.eventTypes ?? [])
  const teller = openTeller(eventTypes)
  const door = openDoor({ tenants, blobs, searchCache, nudged, teller, now })
  const limits = new Limits(parts.limits ?? LIMITS, now)
  const permissions = products.flatMap((product) => product.permissions)
  const rolePermissions = permissionsByRole(permissions)
  const keyPermissions = keyPermissionsByRole(permissions)
  const signing = new SigningKeys({ tenant: (id) => tenants.of(id), permissions: keyPermissions, now })
  // Asked for each time: a key may be a minute old, and an answer that failed must not stay.
  const logKeys = async (region: string, tenant: string): Promise<string[]> => {
    const { origin, keys } = await keeper.ask('logKey', { region, tenant })
    return keys.map(({ publicKey }) => encodeVerifierKey(origin, Buffer.from(publicKey, 'base64')))
  }
  const withoutCourier: Omit<BuiltCtx, 'courier'> = {
    ...door,
    eventTypes,
    unreadStreams,
    standing,
    now,
    regions: config.regions,
    directory,
    passwords: new Passwords(),
    limits,
    credentials: new Credentials({
      tenant: (id) => tenants.of(id),
      permissions: { s: rolePermissions, k: keyPermissions },
      now,
      forgetToo: () => signing.forget(),
    }),
    signing,
    rolePermissions,
    keyPermissions,
    records: products.flatMap(({ records }) => records),
    firstSteps: products.flatMap(({ firstSteps }) => firstSteps ?? []),
    sealedTables: products.flatMap(({ sealed }) => sealed),
    blindTables: products.flatMap(({ blinds }) => blinds ?? []),
    subjectSealed: products.flatMap(({ subjects }) => subjects ?? []),
    indexRestorers: products.flatMap(({ restoreIndex }) => restoreIndex ?? []),
    renewKeys: (tenant) => keyring.renew(tenant),
    mail: openMail({
      regions: config.regions.map(({ name }) => name),
      config,
      db: cellDb,
      keys: (region) => regionKeys(`${region}/mail`),
      now,
    }),
    outbound: openOutbound({
      allowsLoopback: config.allowsLoopback ?? false,
      note: openNotes(parts.as, cellDb),
      ...parts.outside,
    }),
    visits: new VisitLog({ db: cellDb, keys: (region) => regionKeys(`${region}/refusal`), now }),
    isolation: (region) => openIsolationLog(() => cellDb(region)),
    parsing: parts.parsing ?? null,
    tenant: (id) => tenants.of(id),
    regionKeys: (region, purpose) => regionKeys(`${region}/${purpose}`),
    async claimTenant(region, domain) {
      return parts.claimTenant(region, await directory.blindDomain(domain))
    },
    async endTenant(region, tenant, organisation) {
      if (!parts.endTenant) throw new PublicError('busy')
      const destruction = await parts.endTenant(region, tenant, organisation)
      tenants.forget(tenant)
      keyring.drop(tenant)
      return destruction
    },
    evidence: products.flatMap(({ evidence }) => evidence ?? []),
    evidenceLog: openEvidenceLog({ db: cellDb, lease: (region) => routerLease(region)(), keeper }),
    async runEvidence(region, evidence) {
      if (!parts.runEvidence) throw new PublicError('busy')
      return parts.runEvidence(region, evidence)
    },
    logKeys,
    async close() {
      unreadStreams.close()
      limits.shedder.close()
      keyring.close()
      await pools.close()
    },
  }
  const courier =
    parts.as === 'worker'
      ? new Courier({
          ctx: withoutCourier,
          onError: (error) => parts.log?.error({ error }, 'a delivery could not be recorded'),
        })
      : null
  const built: BuiltCtx = {
    ...withoutCourier,
    courier,
    async close() {
      await courier?.stop(COURIER_GRACE_MS)
      await withoutCourier.close()
    },
  }
  return built
}

function memo<T>(make: (key: string) => T): (key: string) => T {
  const made = new Map<string, T>()
  return (key) => {
    const known = made.get(key)
    if (known !== undefined) return known
    const fresh = make(key)
    made.set(key, fresh)
    return fresh
  }
}
