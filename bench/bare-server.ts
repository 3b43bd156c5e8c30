/**
 * What the door is held against: the same Fastify with one `pg` statement behind a route, in a cluster of the same
 * settings. No session, no keys, no audit; the row has the same size as the one our side reads or writes.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { type FastifyInstance, fastify } from 'fastify'
import pg from 'pg'
import Type from 'typebox'
import { type OwnClusterOptions, startCluster } from '#test/own-cluster.ts'

export interface BareServer extends AsyncDisposable {
  readonly url: string
  /** Id of a row that is there. */
  readonly id: string
}

const Row = Type.Object({ id: Type.String(), card: Type.String(), made: Type.String() })

/** `GET /row/:id` selects a row, `POST /row` inserts one and commits. */
export async function startBareServer(options: OwnClusterOptions): Promise<BareServer> {
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
  return {
    url,
    id,
    async [Symbol.asyncDispose]() {
      await app.close()
      await pool.end()
      await cluster.stop()
    },
  }
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
    const client = await pool.connect()
    try {
      await client.query('begin')
      const { rows } = await client.query({
        name: 'add',
        text: 'insert into bare (id, card) values ($1, $2) returning id, card, made',
        values: [randomUUID(), Buffer.from(text)],
      })
      await client.query('commit')
      reply.code(201)
      return shown(rows[0])
    } finally {
      client.release()
    }
  })
  return app
}

function shown(row: { id: string; card: Buffer; made: Date }): object {
  return { id: row.id, card: row.card.toString('base64'), made: row.made.toISOString() }
}
