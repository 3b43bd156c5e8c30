/**
 * 100 MB up and down through a minimal Fastify, encrypted against the same without encryption, alternately in one run.
 * Both sides hash, fsync and rename; the client is a process of its own.
 */
import { fork } from 'node:child_process'
import { createHash, createSecretKey, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { get, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import fastify, { type FastifyInstance } from 'fastify'
import { openBlobStore } from '#core/blobs/blob-store.ts'
import { newId, newRoutingId } from '#core/ids.ts'
import type { Bench, Row } from './row.ts'

const SIZE = 100 * 2 ** 20
const ROUNDS = 7
const CHUNK = 64 * 1024
const WINDOW = 2 ** 20

type Way = 'plain' | 'sealed'
type Direction = 'up' | 'down'

export const bench: Bench = { name: 'blob', run: benchBlobs }

async function benchBlobs(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'panoply-bench-'))
  const server = await serve(folder)
  const client = fork(import.meta.filename, [], { execArgv: [] })
  try {
    const port = new URL(server.listeningOrigin).port
    const transfer = async (direction: Direction, way: Way): Promise<number> => {
      client.send({ direction, url: `http://127.0.0.1:${port}/${way}` })
      const [milliseconds] = await once(client, 'message')
      return milliseconds
    }
    const rows: Row[] = []
    for (const direction of ['up', 'down'] as const) {
      const times: Record<Way, number[]> = { plain: [], sealed: [] }
      const cpu: Record<Way, number[]> = { plain: [], sealed: [] }
      const memory: Record<Way, number> = { plain: 0, sealed: 0 }
      for (const way of ['plain', 'sealed'] as const) await transfer(direction, way)
      for (let round = 0; round < ROUNDS; round++)
        for (const way of ['plain', 'sealed'] as const) {
          const watch = watchMemory()
          const before = process.cpuUsage()
          times[way].push(await transfer(direction, way))
          const { user, system } = process.cpuUsage(before)
          cpu[way].push((user + system) / 1000)
          memory[way] = Math.max(memory[way], watch.stop())
        }
      rows.push(...rowsOf({ direction, times, cpu, memory }))
    }
    return rows
  } finally {
    client.kill()
    await server.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Measured {
  direction: Direction
  /** Milliseconds a transfer. */
  times: Record<Way, number[]>
  /** Milliseconds of processor time of the server a transfer. */
  cpu: Record<Way, number[]>
  /** Most bytes the process grew by. */
  memory: Record<Way, number>
}

function rowsOf({ direction, times, cpu, memory }: Measured): Row[] {
  const speed = (way: Way) => SIZE / 1e6 / ((median(times[way]) ?? Number.NaN) / 1000)
  const what = direction === 'up' ? 'upload of 100 MB, encrypted' : 'download of 100 MB, encrypted'
  const ratio = speed('sealed') / speed('plain')
  const extra = memory.sealed / 2 ** 20
  return [
    {
      name: what,
      baseline: 'the same, not encrypted',
      baselineValue: speed('plain'),
      ours: speed('sealed'),
      unit: 'MB/s',
      ratio,
      reach: '>= 0.8',
      pass: ratio >= 0.8,
      note: `cpu of the server ${Math.round(median(cpu.sealed) ?? 0)} against ${Math.round(median(cpu.plain) ?? 0)} ms`,
    },
    {
      name: `${what}: memory`,
      baseline: 'the same, not encrypted',
      baselineValue: memory.plain / 2 ** 20,
      ours: extra,
      unit: 'MiB',
      ratio: null,
      reach: '<= 64 MiB',
      pass: extra <= 64,
    },
  ]
}

async function serve(folder: string): Promise<FastifyInstance> {
  const app = fastify({ bodyLimit: 2 * SIZE })
  const store = openBlobStore(folder)
  const container = newRoutingId()
  const blobId = newId()
  const key = createSecretKey(randomBytes(32))
  const plain = join(folder, 'plain')
  app.addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload))
  app.put<{ Body: Readable }>('/plain', ({ body }) => putPlain(plain, body))
  app.put<{ Body: Readable }>('/sealed', ({ body }) => store.put(container, blobId, key, body))
  app.get('/plain', async (_request, reply) => {
    const handle = await open(plain)
    return reply.type('application/pdf').send(handle.createReadStream({ highWaterMark: WINDOW }))
  })
  app.get('/sealed', async (_request, reply) =>
    reply.type('application/pdf').send(await store.open(container, blobId, key)),
  )
  await app.listen({ port: 0, host: '127.0.0.1' })
  return app
}

async function putPlain(file: string, source: Readable) {
  const hash = createHash('sha256')
  const sink = createWriteStream(`${file}.part`, { highWaterMark: 2 * WINDOW, flush: true })
  source.on('data', (chunk: Buffer) => hash.update(chunk))
  await pipeline(source, sink)
  await rename(`${file}.part`, file)
  await using handle = await open(join(file, '..'))
  await handle.sync()
  return { sha256: hash.digest('hex') }
}

function watchMemory() {
  const before = process.memoryUsage.rss()
  let peak = before
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss())
  }, 5)
  return {
    stop() {
      clearInterval(timer)
      return Math.max(peak, process.memoryUsage.rss()) - before
    },
  }
}

function median(values: number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[values.length >> 1]
}

async function transferOnce({ direction, url }: { direction: Direction; url: string }): Promise<number> {
  const start = performance.now()
  if (direction === 'down') {
    const [answer] = await once(get(url), 'response')
    let size = 0
    for await (const chunk of answer) size += chunk.length
    if (size !== SIZE) throw new Error(`${size} bytes came down`)
  } else {
    const headers = { 'content-type': 'application/octet-stream', 'content-length': SIZE }
    const upload = request(url, { method: 'PUT', headers })
    const chunk = Buffer.alloc(CHUNK, 'panoply ')
    const answered = once(upload, 'response')
    for (let sent = 0; sent < SIZE; sent += CHUNK) if (!upload.write(chunk)) await once(upload, 'drain')
    upload.end()
    const [answer] = await answered
    answer.resume()
    await once(answer, 'end')
    if (answer.statusCode !== 200) throw new Error(`the server answered ${answer.statusCode}`)
  }
  return performance.now() - start
}

if (import.meta.main && process.send)
  process.on('message', async (order: { direction: Direction; url: string }) =>
    process.send?.(await transferOnce(order)),
  )
