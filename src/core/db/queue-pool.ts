// Connections for the queue's library, which brings its own pooling. Owned by the dispatcher of one cell.
// Must stay true: of what any login of the database may NOTIFY, only the two channels of the queue are heard; the library would
// stop the whole queue on a forged announcement of a migration.
import pg from 'pg'
import type { Login } from './lease-pools.ts'

export type QueuePool = pg.Pool

const heard: readonly string[] = ['jobs:insert', 'jobs:cancel']

class QueueClient extends pg.Client {
  override emit(event: string | symbol, ...rest: unknown[]): boolean {
    if (event === 'notification' && !heard.includes(channelOf(rest[0]))) return false
    return Reflect.apply(super.emit, this, [event, ...rest])
  }
}

function channelOf(message: unknown): string {
  return typeof message === 'object' && message !== null && 'channel' in message
    ? String(message.channel)
    : ''
}

/** A pool of at most `most` connections of one login. Lost connections are replaced; the caller hears of them by failing queries. */
export function openQueuePool(login: Login, most: number): QueuePool {
  const options: pg.PoolConfig & { Client: typeof pg.Client } = {
    host: login.host,
    port: login.port,
    database: login.database,
    user: login.user,
    password: () => login.password(),
    max: most,
    idleTimeoutMillis: 30_000,
    connectionTimeoutMillis: 10_000,
    application_name: 'panoply',
    Client: QueueClient,
  }
  const pool = new pg.Pool(options)
  const ignore = () => undefined
  pool.on('error', ignore)
  pool.on('connect', (client) => client.on('error', ignore))
  return pool
}
