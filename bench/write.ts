/**
 * An audited write of a snip (quote found on the page, sealed, indexed, event appended) against a bare insert and commit
 * behind the same Fastify. Commits wait for the disk on both sides. In turn, in one run.
 */
import { openHouse } from '#test/own-house.ts'
import { startBareServer } from './bare-server.ts'
import { inTurn } from './http-load.ts'
import { aReadDocument, SENTENCE } from './read-document.ts'
import type { Bench, Row } from './row.ts'

const REACH = 0.5
/** As an installation runs, not as the tests do. */
const DURABLE = { fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on' }

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
    const rows: Row[] = []
    for (const connections of [1, 16]) {
      const load = { connections, seconds: 3, method: 'POST' as const }
      const { baseline, ours } = await inTurn(
        3,
        { ...load, url: `${bare.url}/row`, headers: json, body: JSON.stringify({ text: 'x'.repeat(400) }) },
        {
          ...load,
          url: `${url}/v1/snips`,
          headers: { ...json, authorization: `Bearer ${resident.token}` },
          body: JSON.stringify(snip),
        },
      )
      const ratio = ours.perSecond / baseline.perSecond
      rows.push({
        name: `audited write of a snip, ${connections} at a time`,
        baseline: 'Fastify with a bare insert and commit',
        baselineValue: baseline.perSecond,
        ours: ours.perSecond,
        unit: 'per s',
        ratio,
        reach: `>= ${REACH}`,
        pass: ratio >= REACH,
        note: `p50 ${ours.p50} ms, p99 ${ours.p99} ms; baseline ${baseline.p50}, ${baseline.p99}`,
      })
    }
    return rows
  } finally {
    await house.stop()
  }
}
