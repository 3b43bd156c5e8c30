/**
 * Load with a memory: clients that write without pause and remember what was acknowledged, what was refused, and what was
 * sent without an answer. What was acknowledged must be there for ever; what got no answer may be there, but whole.
 */
import { createHash } from 'node:crypto'
import type { Ask } from '../ask.ts'
import { fileForm } from '../ask.ts'
import type { DemoTenant } from '../installation.ts'
import { onePagePdf } from '../one-page-pdf.ts'

export interface Remembered {
  /** Acknowledged documents: id -> SHA-256 of the file, hex. */
  readonly documents: Map<string, string>
  /** Acknowledged snips: id -> the insight that was acknowledged last. */
  readonly snips: Map<string, string>
  /** Removed and acknowledged. */
  readonly removed: Set<string>
  /** SHA-256 of every file that was ever sent. */
  readonly sent: Set<string>
  /** Every insight that was ever sent. */
  readonly said: Set<string>
  /** Insights sent to a snip without an answer: either may stand. */
  readonly unsure: Map<string, Set<string>>
}

export interface LoadOptions {
  /** The house's client and address now: a new start has a new client. */
  readonly where: () => { readonly ask: Ask; readonly tenant: DemoTenant }
  /** A document that is read already, to snip from. */
  readonly documentId: string
  readonly exact: string
}

export interface Load {
  readonly memory: Remembered
  /** All answers so far, by status; 0 for none. */
  readonly answers: ReadonlyMap<number, number>
  /** Begins to count anew and answers the count, which goes on: of what is sent from here on, by status. */
  count(): ReadonlyMap<number, number>
  stop(): Promise<void>
}

/** Starts `clients` writers. They go on through every fault until they are stopped. */
export function startLoad(options: LoadOptions, clients: number): Load {
  const memory: Remembered = {
    documents: new Map(),
    snips: new Map(),
    removed: new Set(),
    sent: new Set(),
    said: new Set(),
    unsure: new Map(),
  }
  const answers = new Map<number, number>()
  let counted = new Map<number, number>()
  let isStopping = false

  async function send(
    path: string,
    question: Parameters<Ask>[1],
  ): Promise<{ status: number; json: { id: string } | undefined }> {
    const { ask, tenant } = options.where()
    const counts = [answers, counted]
    const reply = await ask(`${tenant.url}${path}`, {
      apiKey: tenant.apiKey,
      signal: AbortSignal.timeout(15_000),
      ...question,
    }).catch(() => ({ status: 0, json: undefined }))
    for (const each of counts) each.set(reply.status, (each.get(reply.status) ?? 0) + 1)
    // Gone or not yet there again: a person would not hammer either.
    if (reply.status === 0 || reply.status >= 500) await new Promise((resolve) => setTimeout(resolve, 50))
    return reply
  }

  async function addDocument(name: string): Promise<void> {
    const bytes = onePagePdf(`${name} ${'word '.repeat(200)}`)
    const sum = createHash('sha256').update(bytes).digest('hex')
    memory.sent.add(sum)
    const reply = await send('/v1/documents', { body: fileForm(`${name}.pdf`, bytes) })
    if (reply.status === 201 && reply.json) memory.documents.set(reply.json.id, sum)
  }

  async function addSnip(name: string): Promise<string | undefined> {
    memory.said.add(name)
    const { documentId, exact } = options
    const json = { documentId, page: 1, kind: 'text', quote: { exact }, insight: name, tags: ['load'] }
    const reply = await send('/v1/snips', { json })
    if (reply.status !== 201 || !reply.json) return undefined
    memory.snips.set(reply.json.id, name)
    return reply.json.id
  }

  async function changeSnip(id: string, insight: string): Promise<void> {
    memory.said.add(insight)
    const reply = await send(`/v1/snips/${id}`, { method: 'PATCH', json: { insight } })
    if (reply.status === 200) {
      memory.snips.set(id, insight)
      memory.unsure.delete(id)
    } else if (reply.status === 0 || reply.status >= 500) {
      memory.unsure.set(id, (memory.unsure.get(id) ?? new Set()).add(insight))
    }
  }

  async function removeSnip(id: string): Promise<void> {
    const reply = await send(`/v1/snips/${id}`, { method: 'DELETE' })
    if (reply.status === 204) memory.removed.add(id)
    // Without an answer it may be there or not: nothing is promised of it.
    if (reply.status === 0 || reply.status >= 500 || reply.status === 204) memory.snips.delete(id)
  }

  async function write(client: number): Promise<void> {
    for (let turn = 0; !isStopping; turn++) {
      const name = `load-${client}-${turn}`
      if (turn % 8 === 0) await addDocument(name)
      const id = await addSnip(name)
      if (id && turn % 3 === 0) await changeSnip(id, `${name}-changed`)
      if (id && turn % 5 === 0) await removeSnip(id)
    }
  }

  const writers = Array.from({ length: clients }, (_, client) => write(client))
  return {
    memory,
    answers,
    count() {
      counted = new Map()
      return counted
    },
    async stop() {
      isStopping = true
      await Promise.all(writers)
    },
  }
}
