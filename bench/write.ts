/**
 * An audited write of a snip (quote found on the page, sealed, indexed, event appended) against a bare insert and commit
 * behind the same Fastify. Commits wait for the disk on both sides. In turn, in one run.
 */
import { openHouse } from '#test/own-house.ts'
import { startBareServer } from './bare-server.ts'
import { databaseProcess, inTurn, noteOf, type Side } from './http-load.ts'
import { aReadDocument, SENTENCE } from './read-document.ts'
import type { Bench, Row } from './row.ts'

const REACH = 0.5
/** As an installation runs, not as the tests do. */
const DURABLE = { fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on' }

/** By connections at a time. */
const REQUESTS = { 1: 300, 16: 1_500 } as const
const BASELINES = {
  '/row': 'Fastify with a bare insert and commit',
  '/row?at=once': 'Fastify with an insert that commits by itself',
}

export const bench: Bench = { name: 'write', run: benchWrites }

async function benchWrites(): Promise<Row[]> {
  await using bare = await startBareServer({ settings: DURABLE })
  const house = await openHouse({ settings: DURABLE })
  try {
    const resident = await house.aResident()
    const documentId = await aReadDocument(house, resident)
    const url = await house.app.listen({ port: 0, host: '127.0.0.1' })
    const json = { 'content-type': 'application/json' }
    const quote = { exact: SENTENCE.slice(0, 20) }
    const snip = {
      documentId,
      page: 1,
      kind: 'text',
      quote,
      insight: 'It matters that there are three.',
      tags: ['wall'],
    }
    const ours: Side = {
      url: `${url}/v1/snips`,
      method: 'POST',
      headers: { ...json, authorization: `Bearer ${resident.token}` },
      body: JSON.stringify(snip),
      server: process.pid,
      database: databaseProcess(house.login('migrator').host),
    }
    const theirs: Side = {
      ...bare,
      method: 'POST',
      headers: json,
      body: JSON.stringify({ text: 'x'.repeat(400) }),
    }
    const rows: Row[] = []
    for (const connections of [1, 16] as const)
      for (const [at, baseline] of Object.entries(BASELINES)) {
        const compared = await inTurn({ ...theirs, url: `${bare.url}${at}` }, ours, {
          connections,
          requests: REQUESTS[connections],
        })
        const isBound = at === '/row'
        rows.push({
          name: `audited write of a snip, ${connections} at a time`,
          baseline,
          baselineValue: compared.baseline.perSecond,
          ours: compared.ours.perSecond,
          unit: 'per s',
          ratio: compared.ratio,
          reach: isBound ? `>= ${REACH}` : 'for comparison',
          pass: isBound ? compared.ratio >= REACH : true,
          note: noteOf(compared),
        })
      }
    return rows
  } finally {
    await house.stop()
  }
}
