// What web and up may ask of the cell process, and the answers. Must stay true: a question that does not fit its schema ends the
// connection; a refusal says a code of the error table and nothing else.
import type { Socket } from 'node:net'
import { Compile } from 'typebox/compile'
import { PublicError } from '#core/errors.ts'
import type { Log } from '#core/log.ts'
import { speakJsonLines } from '#core/net/json-lines.ts'
import { type CellAnswer, CellRequest } from '#protocol/cell/caller.ts'
import type { RegionCell } from './region-cell.ts'
import type { Workers } from './workers.ts'

export interface CallersOptions {
  readonly cells: readonly RegionCell[]
  readonly workers: Workers
  readonly log: Log
}

const checkRequest = Compile(CellRequest)

/** Serves one connection. */
export function answerCaller(options: CallersOptions, socket: Socket): void {
  const lines = speakJsonLines(socket, {
    onMessage(message) {
      if (!checkRequest.Check(message)) {
        socket.destroy()
        return
      }
      answer(options, message).then(
        (given) => lines.send(given),
        (error: unknown) => {
          options.log.warn({ op: message.op, error }, 'a request to the cell failed')
          const code = error instanceof PublicError ? error.code : 'internal'
          lines.send({ id: message.id, error: code } satisfies CellAnswer)
        },
      )
    },
    onEnd: () => undefined,
  })
}

async function answer({ cells, workers }: CallersOptions, request: CellRequest): Promise<CellAnswer> {
  const { id } = request
  switch (request.op) {
    case 'claimTenant': {
      const tenant = await cellOf(cells, request.region).spares.claim(Buffer.from(request.domainHmac, 'hex'))
      return { id, ok: 'claimTenant', tenant }
    }
    case 'drainJobs':
      await cellOf(cells, request.region).dispatcher.drained(request.tenant)
      return { id, ok: 'drainJobs' }
    case 'runEvidence': {
      const position = await cellOf(cells, request.region).evidence.runNow(request.evidence)
      return { id, ok: 'runEvidence', position }
    }
    case 'health':
      return { id, ok: 'health', regions: await Promise.all(cells.map((cell) => cell.health())) }
    case 'status': {
      const { workers: connected, capacity } = workers.size
      const regions = await Promise.all(
        cells.map(async (cell) => ({ region: cell.region, ...(await cell.status()) })),
      )
      return { id, ok: 'status', workers: connected, capacity, regions }
    }
  }
}

/** The cell that takes new tenants of the region. */
function cellOf(cells: readonly RegionCell[], region: string): RegionCell {
  const cell = cells.find((one) => one.region === region)
  if (!cell) throw new PublicError('not_found')
  return cell
}
