// A real leak is planted at each layer of a living installation, and the prober must find each: a prober that cannot fail is a defect.
import assert from 'node:assert/strict'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import Type from 'typebox'
import { openBlobStore } from '#core/blobs/blob-store.ts'
import { buildConfig, type Config, keeperSocket } from '#core/config.ts'
import type { ProbeLayer } from '#core/evidence/isolation-log.ts'
import { type KeeperClient, openKeeperClient } from '#core/keys/keeper-client.ts'
import { silentLog } from '#core/log.ts'
import { route } from '#core/route.ts'
import { SearchBox } from '#core/search/search-box.ts'
import { buildApp } from '#server/app.ts'
import { openHostNames } from '#server/host-names.ts'
import { allRoutes } from '#server/route-table.ts'
import { type BuiltCtx, buildContext } from '#src/context.ts'
import { products } from '#src/products.ts'
import { connectAsRole } from '#test/as-role.ts'
import { type DemoTenant, type Installation, startInstallation } from '#test/installation.ts'
import { anOrganisation, ownerSession } from '#test/people.ts'
import { openAskWeb } from './ask-web.ts'
import { openProber, type Prober, type Shares } from './open-prober.ts'
import type { Canary, ProbeGround } from './probe-ground.ts'

const NONE: Shares = { api: 0, sql: 0, blobs: 0, search: 0, jobs: 0, keys: 0 }

describe('the prober of a living cell', () => {
  let house: Installation
  let config: Config
  let acme: DemoTenant
  let ctx: BuiltCtx
  let keeper: KeeperClient
  let ask: ReturnType<typeof openAskWeb>
  let ground: ProbeGround
  let prober: Prober

  before(async () => {
    // Its own, because what is planted would be found by everybody else's.
    house = await startInstallation({ demo: false })
    config = buildConfig({ role: 'admin', home: house.home })
    const [{ url }] = config.regions
    acme = await anOrganisation(house, 'beside-canaries.example', { url, region: 'eu' })
    ctx = buildContext(config, 'worker')
    keeper = openKeeperClient({ socket: keeperSocket(config, 'worker') })
    ask = openAskWeb(config)
    const [{ blobRoot }] = config.regions
    const behind = { reach: ctx.tenant, blobs: openBlobStore(blobRoot), blobRoot }
    ground = { ctx, region: 'eu', keeper, products, ask, ...behind }
    prober = await opened(ground)
    // A document that was read, a picture of a snip, an index, a sealed log: something to reach for in every layer.
    for (let tries = 0; !isFurnished(prober); tries++) {
      assert.ok(
        tries < 240,
        `canaries lack ${prober.canaries.map(({ ids }) => [...ids.keys()].join(' ')).join(' | ')}`,
      )
      await pause(250)
      await prober.refurnish()
    }
  })
  after(async () => {
    ask?.[Symbol.dispose]()
    keeper?.close()
    await ctx?.close()
    await house?.stop()
  })

  async function opened(on: ProbeGround): Promise<Prober> {
    for (let tries = 0; tries < 120; tries++) {
      const open = await openProber(on, silentLog())
      if (open) return open
      await pause(250)
    }
    throw new Error('the cell makes no canaries')
  }

  /** Every attempt of a layer at least once, in both directions. */
  async function all(layer: ProbeLayer, attempts: number, by = prober) {
    await by.refurnish()
    const report = await by.tryOut(attempts, { lanes: 6, shares: { ...NONE, [layer]: 1 } })
    return { ...report[layer], names: report.hitNames, notJudged: report.unclearNames }
  }

  /** Sends every form of job in both directions and waits until all were judged. */
  async function jobs() {
    const first = await all('jobs', 72)
    let { hits, unclear } = first
    const names = [...first.names]
    for (const end = Date.now() + 60_000; prober.waiting > 0 && Date.now() < end; await pause(200)) {
      const settled = await prober.settle()
      hits += settled.jobs.hits
      unclear += settled.jobs.unclear
      names.push(...settled.hitNames)
    }
    assert.equal(prober.waiting, 0)
    return { hits, unclear, names }
  }

  it('finds nothing while the walls hold, and judges every attempt', async () => {
    for (const [layer, attempts] of [
      ['api', 700],
      ['sql', 2_300],
      ['blobs', 120],
      ['search', 80],
      ['keys', 400],
    ] as const) {
      const { attempts: made, hits, names, notJudged } = await all(layer, attempts)
      assert.equal(made, attempts, layer)
      assert.deepEqual([hits, names, [...new Set(notJudged)]], [0, [], []], layer)
    }
    const { hits, unclear, names } = await jobs()
    assert.deepEqual([hits, unclear, names], [0, 0, []])
    const made = prober.canaries.map(({ opened: canary }) =>
      canary.db('activity').selectFrom('activity').select(['kind', 'created_by']).execute(),
    )
    const work = (await Promise.all(made)).flat()
    assert.ok(work.some(({ kind }) => kind === 'trust.canary.waiting'))
    assert.ok(!work.some((row) => row.created_by === null), 'every record was made by somebody')
  })

  it('is counted by the cell, and shown to whoever is signed in', async () => {
    const session = await ownerSession(house, acme)
    const { status, json } = await house.ask(`${acme.url}/v1/isolation`, { session })
    assert.equal(status, 200)
    assert.ok(json.attempts > 3_500)
    assert.deepEqual([json.hits, json.lastResult, json.region], [0, 'denied', 'eu'])
    assert.deepEqual(
      json.layers.map(({ layer }: { layer: string }) => layer),
      ['api', 'blobs', 'jobs', 'keys', 'search', 'sql'],
    )
    for (const { tenant, word } of prober.canaries)
      assert.ok(!JSON.stringify(json).includes(tenant) && word !== '')
    const people = await house.ask(`${acme.url}/v1/people`, { session })
    for (const { tenant, word } of prober.canaries)
      assert.ok(!String(people.bytes).match(`${tenant}|${word}`))
  })

  it('lets no person sign in to a canary', async () => {
    const [canary] = prober.canaries
    const email = `${canary.word}@canary.invalid`
    for (const { url } of config.regions) {
      const reply = await house.ask(`${url}/v1/sessions`, {
        json: { email, password: 'correct horse battery' },
      })
      assert.equal(reply.status, 401)
    }
    const { rows } = await (await connectAsRole(house, 'eu', 'registrar', 'directory').then(ending))(
      'select tenant from directory.domain where tenant = any($1)',
      [prober.canaries.map(({ tenant }) => tenant)],
    )
    assert.deepEqual(rows, [])
    const outbox = await house.ask(house.outbox, { headers: { accept: 'application/json' } })
    assert.doesNotMatch(String(outbox.bytes), /kanari/)
  })

  it('finds a grant on a table of the other', async () => {
    const [one, two] = prober.canaries
    const migrator = await connectAsRole(house, 'eu', 'migrator')
    const names = `on t_${two.tenant}.snip`
    try {
      await migrator.query(`grant usage on schema t_${two.tenant} to t_${one.tenant}`)
      await migrator.query(`grant select ${names} to t_${one.tenant}`)
      const { hits, names: found } = await all('sql', 2_300)
      assert.ok(hits > 0)
      assert.ok(
        found.every((name) => /snip|schema|pg_namespace|columns|tables|prepare stolen/.test(name)),
        found.join('\n'),
      )
    } finally {
      await migrator.query(`revoke select ${names} from t_${one.tenant}`)
      await migrator.query(`revoke usage on schema t_${two.tenant} from t_${one.tenant}`)
      await migrator.end()
    }
    assert.equal((await all('sql', 2_300)).hits, 0)
  })

  it('finds a route that forgets its tenant', async () => {
    const leaky = route({
      method: 'GET',
      url: '/v1/snips/:id/leak',
      operationId: 'leakSnip',
      permission: 'session',
      summary: 'Answers whosever snip it is',
      schema: {
        params: Type.Object({ id: Type.String({ pattern: '^snp_[0-9a-hjkmnp-tv-z]{26}$' }) }),
        response: { 200: Type.Object({ id: Type.String() }) },
      },
      handler: (on, { actor, params }) =>
        on.read(actor, async (tx) => {
          tx.audit({ action: 'knowledge.snip.read' })
          return { id: params.id }
        }),
    })
    const app = await buildApp({
      ctx,
      log: silentLog(),
      routes: [...allRoutes(), leaky],
      hosts: openHostNames(config.regions),
      trustedProxies: [],
    })
    try {
      const inject: ProbeGround['ask'] = async ({ region, method, path, headers, body }) => {
        const place = config.regions.find(({ name }) => name === region)
        const reply = await app.inject({
          method: method as 'GET',
          url: path,
          headers: { host: `localhost:${place?.port}`, ...headers },
          ...(body ? { payload: Buffer.from(body) } : {}),
        })
        return { status: reply.statusCode, text: reply.body }
      }
      const leaking = { ...products[0], name: 'leak', routes: [leaky], tasks: [], furnish: undefined }
      const other = await opened({ ...ground, ask: inject, products: [...products, leaking as never] })
      const { hits, names } = await all('api', 1_500, other)
      assert.ok(hits > 0)
      assert.deepEqual([...new Set(names)], ['api: leakSnip with an id of the other'])
    } finally {
      await app.close()
    }
  })

  it('finds a folder of blobs that every user of the machine can read', async () => {
    const [, two] = prober.canaries
    const folder = join(config.regions[0].blobRoot, two.tenant)
    chmodSync(folder, 0o755)
    try {
      const { hits, names } = await all('blobs', 120)
      assert.ok(hits > 0)
      assert.deepEqual([...new Set(names)], ['blobs: readable to every user of the machine'])
    } finally {
      chmodSync(folder, 0o2770)
    }
    assert.equal((await all('blobs', 120)).hits, 0)
  })

  it('finds a search page under a shared key', async () => {
    const [one, two] = prober.canaries
    const owner = await connectAsRole(house, 'eu', `t_${two.tenant}`)
    const { rows } = await owner.query('select * from search_delta order by id desc limit 1')
    const [page] = rows
    const put = (sealed: Buffer) =>
      owner.query(
        `with gone as (delete from search_delta where id = $1)
         insert into search_delta (id, seq, entries, analyzer, key_version, sealed) values (gen_random_uuid(), $2, $3, $4, $5, $6) returning id`,
        [page.id, page.seq, page.entries, page.analyzer, page.key_version, sealed],
      )
    const box = (canary: Canary) => new SearchBox({ ...canary.keys, tenant: two.tenant }, page.key_version)
    const plain = box(two).open('search_delta', page.id, 0, page.sealed)
    try {
      const planted = (await put(page.sealed)).rows[0].id
      await owner.query('delete from search_delta where id = $1', [planted])
      await owner.query(
        `insert into search_delta (id, seq, entries, analyzer, key_version, sealed) values ($1, $2, $3, $4, $5, $6)`,
        [
          planted,
          page.seq,
          page.entries,
          page.analyzer,
          page.key_version,
          box(one).seal('search_delta', planted, 0, plain),
        ],
      )
      const { hits, names } = await all('search', 80)
      assert.ok(hits > 0)
      assert.deepEqual([...new Set(names)], ['search: search_delta as a page of one’s own'])
      await owner.query('delete from search_delta where id = $1', [planted])
    } finally {
      await owner.query(
        `insert into search_delta (id, seq, entries, analyzer, key_version, sealed) values ($1, $2, $3, $4, $5, $6)`,
        [page.id, page.seq, page.entries, page.analyzer, page.key_version, page.sealed],
      )
      await owner.end()
    }
    assert.equal((await all('search', 80)).hits, 0)
  })

  it('finds a job function that believes its argument', async () => {
    const migrator = await connectAsRole(house, 'eu', 'migrator')
    const { rows } = await migrator.query(
      `select pg_get_functiondef('cell.enqueue(text, uuid, jsonb)'::regprocedure) as def`,
    )
    const sound: string = rows[0].def
    const leaky = sound.replace(
      /substring\(session_user from '([^']+)'\)/,
      `coalesce(options ->> 'tenant', $&)`,
    )
    assert.notEqual(leaky, sound)
    const define = async (text: string) => {
      await migrator.query('begin')
      await migrator.query('grant create on schema cell to dispatcher')
      await migrator.query('set local role dispatcher')
      await migrator.query(text)
      await migrator.query('reset role')
      await migrator.query('revoke create on schema cell from dispatcher')
      await migrator.query('commit')
    }
    try {
      await define(leaky)
      const { hits, names } = await jobs()
      assert.ok(hits > 0)
      assert.deepEqual([...new Set(names)], ['jobs: a tenant in the options'])
    } finally {
      await define(sound)
      await migrator.end()
    }
    assert.equal((await jobs()).hits, 0)
  })

  it('finds a keeper that lends whatever it is shown', async () => {
    const careless = Object.assign(Object.create(keeper), {
      ask: async (op: string, question: { keys: { id: string }[] }) =>
        op === 'lend'
          ? { keys: question.keys.map(({ id }) => ({ id, key: '' })), until: new Date().toISOString() }
          : keeper.ask(op as 'lend', question as never),
    })
    const other = await opened({ ...ground, keeper: careless })
    const { hits, names } = await all('keys', 400, other)
    assert.ok(hits > 0)
    assert.ok(
      names.every((name) => name.startsWith('keys: lend ')),
      names.join('\n'),
    )
  })

  it('has told the API of every leak', async () => {
    const session = await ownerSession(house, acme)
    const { json } = await house.ask(`${acme.url}/v1/isolation`, { session })
    assert.equal(json.lastResult, 'hit')
    for (const { layer, hits, lastHitAt } of json.layers) {
      assert.ok(hits > 0, layer)
      assert.equal(typeof lastHitAt, 'string', layer)
    }
  })
})

function isFurnished({ canaries }: Prober): boolean {
  return canaries.every(
    ({ ids, blobs, sealCode }) =>
      ['document', 'document_blob', 'snip', 'export', 'activity', 'search_delta'].every((table) =>
        ids.has(table),
      ) &&
      blobs.length > 1 &&
      sealCode !== undefined,
  )
}

/** One statement, and the end of its connection. */
function ending(client: Awaited<ReturnType<typeof connectAsRole>>) {
  return async (sql: string, values: unknown[]) => {
    try {
      return await client.query(sql, values)
    } finally {
      await client.end()
    }
  }
}
