// Makes an audit export: lines go straight from the log into a sealed blob; nothing is held, nothing touches the disk in clear.
import { Readable } from 'node:stream'
import { newId } from '../ids.ts'
import type { Task } from '../jobs/job.ts'
import { exportAudit } from './export-audit.ts'
import { EXPORT_TASK } from './exports.ts'

export const exportAuditTask: Task = {
  name: EXPORT_TASK,
  isAwaited: true,
  permissions: ['core.export.create'],
  async run(ctx, job) {
    const logKeys = await ctx.logKeys(job.region, job.tenant)
    const made = await ctx.read(job.actor, async (tx) => {
      const row = await tx.db
        .selectFrom('export')
        .select('state')
        .where('id', '=', job.record)
        .executeTakeFirst()
      if (row?.state !== 'waiting') return undefined
      const blob = newId()
      const key = await tx.keys.subject('document', job.record)
      let events = 0
      const lines = exportAudit({ db: tx.db, keys: tx.keys, logKeys })
      const counted = (async function* () {
        for await (const line of lines) {
          job.signal.throwIfAborted()
          if (++events % 500 === 0) job.progress(events)
          yield line
        }
      })()
      const stored = await tx.blobs.put(blob, key, Readable.from(counted, { objectMode: false }))
      return { blob, size: stored.size, events }
    })
    if (!made) return
    await ctx.write(job.actor, async (tx) => {
      await tx.db
        .updateTable('export')
        .set({ state: 'ready', blob: made.blob, size: made.size, updated_at: tx.now() })
        .where('id', '=', job.record)
        .where('state', '=', 'waiting')
        .execute()
      tx.audit({
        action: 'core.export.made',
        record: { kind: 'export', id: job.record },
        detail: { events: made.events, size: made.size },
      })
    })
  },
}
