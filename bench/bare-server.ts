/**
 * What the door is held against: the same Fastify with one `pg` statement behind a route, in a cluster of the same
 * settings. No session, no keys, no audit; the row has the same size as the one our side reads or writes. In a process of its
 * own, so that neither side's code is compiled for the other's.
 */
import { fork } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { type FastifyInstance, fastify } from 'fastify'
import pg from 'pg'
import Type from 'typebox'
import { type OwnClusterOptions, startCluster } from '#test/own-cluster.ts'
import { databaseProcess } from './http-load.ts'

export interface BareServer {
  readonly url: string
  /** Id of a row that is there. */
  readonly id: string
  /** Its process, and that of its database. */
  readonly server: number
  readonly database: number
}

const Row = Type.Object({ id: Type.String(), card: Type.String(), made: Type.String() })

/**
 * `GET /row/:id` selects a row, `POST /row` inserts one and commits, `POST /row?at=once` does both in one statement. Ends with its
 * disposal, or with this process.
 */
export async function startBareServer(options: OwnClusterOptions): Promise<BareServer & AsyncDisposable> {
  const child = fork(import.meta.filename, { execArgv: [] })
  child.send(options)
  const [served]: BareServer[] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => Promise.reject(new Error('the bare server did not start'))),
  ])
  if (!served) throw new Error('the bare server said nothing')
  return {
    ...served,
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit')
      child.disconnect()
      await ended
    },
  }
}

async function serveBare(options: OwnClusterOptions): Promise<void> {
  const cluster = await startCluster(options)
  const pool = new pg.Pool({
    host: cluster.socketDir,
    port: cluster.port,
    user: cluster.superuser,
    password: cluster.superuserPassword,
    database: 'postgres',
    max: 16,
  })
  // The cluster ends before the last connection has said goodbye.
  pool.on('error', () => undefined)
  await pool.query(
    'create table bare (id uuid primary key, card bytea not null, made timestamptz not null default now())',
  )
  const id = randomUUID()
  await pool.query('insert into bare (id, card) values ($1, $2)', [id, randomBytes(400)])
  const app = routesOn(pool)
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  process.send?.({ url, id, server: process.pid, database: databaseProcess(cluster.socketDir) })
  process.once('disconnect', async () => {
    await app.close()
    await pool.end()
    await cluster.stop()
    process.exit()
  })
}

function routesOn(pool: pg.Pool): FastifyInstance {
  const app = fastify()
  app.get(
    '/row/:id',
    { schema: { params: Type.Object({ id: Type.String() }), response: { 200: Row } } },
    async (request) => {
      const { id } = request.params as { id: string }
      const { rows } = await pool.query({
        name: 'one',
        text: 'select id, card, made from bare where id = $1',
        values: [id],
      })
      return shown(rows[0])
    },
  )
  const body = Type.Object({ text: Type.String() }, { additionalProperties: false })
  app.post('/row', { schema: { body, response: { 201: Row } } }, async (request, reply) => {
    const { text } = request.body as { text: string }
    const { at } = request.query as { at?: string }
    reply.code(201)
    if (at === 'once') {
      const { rows } = await pool.query(addRow(text))
      return shown(rows[0])
    }
    const client = await pool.connect()
    try {
      await client.query('begin')
      const { rows } = await client.query(addRow(text))
      await client.query('commit')
      return shown(rows[0])
    } finally {
      client.release()
    }
  })
  return app
}

function addRow(text: string): pg.QueryConfig {
  return {
    name: 'add',
    text: 'insert into bare (id, card) values ($1, $2) returning id, card, made',
    values: [randomUUID(), Buffer.from(text)],
  }
}

function shown(row: { id: string; card: Buffer; made: Date }): object {
  return { id: row.id, card: row.card.toString('base64'), made: row.made.toISOString() }
}

if (import.meta.main) process.once('message', (options: OwnClusterOptions) => void serveBare(options))
