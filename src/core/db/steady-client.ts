// One connection of a role, used by one piece of work at a time and opened again after it broke.
import type pg from 'pg'
import type { Login } from './lease-pools.ts'
import { connectAs } from './system-login.ts'

/** The connection while it is one's turn. */
export type SteadyConnection = pg.Client

export interface SteadyClient {
  /** Waits for its turn, then works on the connection. After an error the connection is not used again. */
  use<T>(work: (client: pg.Client) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** Connects when first used. */
export function steadyClient(login: Login): SteadyClient {
  let open: pg.Client | undefined
  let last: Promise<unknown> = Promise.resolve()

  async function drop(): Promise<void> {
    const client = open
    open = undefined
    await client?.end().catch(() => undefined)
  }

  async function turn<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    if (!open) {
      const client = await connectAs(login)
      client.on('error', () => {
        if (open === client) open = undefined
      })
      open = client
    }
    try {
      return await work(open)
    } catch (error) {
      await drop()
      throw error
    }
  }

  return {
    use(work) {
      const mine = last.then(() => turn(work))
      last = mine.catch(() => undefined)
      return mine
    },
    async close() {
      await last
      await drop()
    },
  }
}
