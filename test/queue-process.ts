/**
 * A cell or worker process for tests that end one: `queue-process.ts cell SOCKET LOGIN` dispatches until SIGTERM, `queue-process.ts worker SOCKET
 * FOLDER [hang]` does jobs whose effect is a file named by the record, made once, and whose runs are lines of FOLDER/runs.
 */
import { appendFileSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { startDispatcher } from '#cell/dispatcher.ts'
import { Workers } from '#cell/workers.ts'
import { openQueuePool } from '#core/db/queue-pool.ts'
import { silentLog } from '#core/log.ts'
import { listenOn } from '#core/net/listen-on.ts'
import { joinCell } from '#worker/cell-link.ts'

const [role, socket = '', more = '', mode] = process.argv.slice(2)
const forever = new Promise<never>(() => undefined)

if (role === 'cell') {
  const { password, ...login } = JSON.parse(more)
  const workers = new Workers()
  const pool = openQueuePool({ ...login, password: async () => password }, 6)
  const plan = { region: 'eu', pool, workers, log: silentLog(), pollInterval: 200 }
  const dispatcher = await startDispatcher(plan)
  process.once('SIGTERM', async () => {
    workers.close()
    // Other parts of a cell process may take a moment to stop in between.
    await pause(50)
    await dispatcher.stop()
    process.exit(0)
  })
  await listenOn(socket, (connection) => workers.add(connection))
  console.log('ready')
} else {
  joinCell({
    socket,
    capacity: 2,
    tasks: ['core.test.run'],
    async run({ order }) {
      appendFileSync(join(more, 'runs'), `${order.record} ${order.attempt}\n`)
      const effect = join(more, order.record)
      if (!existsSync(effect)) writeFileSync(effect, '', { flag: 'wx' })
      console.log(`ran ${order.record}`)
      if (mode === 'hang') await forever
      return { end: 'done' }
    },
  })
}
