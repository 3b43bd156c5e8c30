// A keeper of one's own for a test: in this process, in a temporary folder, with a clock that the test moves.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type KeeperClient, openKeeperClient } from '#core/keys/keeper-client.ts'
import type { KeyClock } from '#core/keys/key-clock.ts'
import type { TokenAddress } from '#core/keys/token-key.ts'
import { type Keeper, startKeeper } from '#keeper/start-keeper.ts'
import type { KeeperCaller } from '#protocol/keeper/keeper.schema.ts'

export interface TestClock extends KeyClock {
  date(): Date
  /** Moves time on and runs what is due, in order. */
  pass(milliseconds: number): void
}

/** A clock that stands still until told; starts at the present second. */
export function testClock(): TestClock {
  let now = Math.floor(Date.now() / 1000) * 1000
  const due = new Set<{ at: number; run: () => void }>()
  return {
    now: () => now,
    date: () => new Date(now),
    after(milliseconds, run) {
      const entry = { at: now + milliseconds, run }
      due.add(entry)
      return () => due.delete(entry)
    },
    pass(milliseconds) {
      const end = now + milliseconds
      for (;;) {
        const next = [...due].filter((entry) => entry.at <= end).sort((a, b) => a.at - b.at)[0]
        if (!next) break
        due.delete(next)
        now = Math.max(now, next.at)
        next.run()
      }
      now = end
    },
  }
}

export interface OwnKeeper extends AsyncDisposable {
  folder: string
  rootKeyFile: string
  clock: TestClock
  keeper: Keeper
  socket(caller: KeeperCaller): string
  /** A client on that caller's socket; closed with the keeper. */
  as(caller: KeeperCaller, timeout?: number): KeeperClient
  /** Starts it again on the same files. */
  restart(): Promise<void>
  /** The same after it was stopped by hand. */
  start(): Promise<void>
}

export interface OwnKeeperOptions {
  regions?: string[]
  passphrase?: string
  token?: TokenAddress
}

export async function ownKeeper({
  regions = ['eu', 'us'],
  passphrase,
  token,
}: OwnKeeperOptions = {}): Promise<OwnKeeper> {
  const home = mkdtempSync(join(tmpdir(), 'panoply-keeper-'))
  const folder = join(home, 'keeper')
  const rootKeyFile = join(home, 'root', 'root.key')
  const clock = testClock()
  const socket = (caller: KeeperCaller) => join(home, caller, 'keeper.sock')
  const start = () =>
    startKeeper({ folder, rootKeyFile, passphrase, token, regions, socket, now: clock.date })
  const clients: KeeperClient[] = []
  const own: OwnKeeper = {
    folder,
    rootKeyFile,
    clock,
    keeper: await start(),
    socket,
    // A busy machine is no fault of the keeper.
    as(caller, timeout = 30_000) {
      const client = openKeeperClient({ socket: socket(caller), timeout })
      clients.push(client)
      return client
    },
    async restart() {
      await own.keeper.stop()
      await own.start()
    },
    async start() {
      own.keeper = await start()
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.close()
      await own.keeper.stop()
      rmSync(home, { recursive: true, force: true })
    },
  }
  return own
}
