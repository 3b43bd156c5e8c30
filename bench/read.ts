/**
 * A read through the whole door (session checked, tenant login, audited, unsealed, written by its schema) against the
 * same Fastify with a bare select. TLS is off on both sides. In turn, in one run.
 */
import { openHouse } from '#test/own-house.ts'
import { startBareServer } from './bare-server.ts'
import { inTurn } from './http-load.ts'
import { aReadDocument } from './read-document.ts'
import type { Bench, Row } from './row.ts'

const REACH = 0.5

export const bench: Bench = { name: 'read', run: benchReads }

async function benchReads(): Promise<Row[]> {
  await using bare = await startBareServer({})
  const house = await openHouse()
  try {
    const resident = await house.aResident()
    const document = await aReadDocument(house, resident)
    const url = await house.app.listen({ port: 0, host: '127.0.0.1' })
    const headers = { authorization: `Bearer ${resident.token}` }
    const rows: Row[] = []
    for (const connections of [1, 16]) {
      const load = { connections, seconds: 3 }
      const { baseline, ours } = await inTurn(
        3,
        { ...load, url: `${bare.url}/row/${bare.id}` },
        { ...load, url: `${url}/v1/documents/${document}`, headers },
      )
      const ratio = ours.perSecond / baseline.perSecond
      rows.push({
        name: `read through the door, ${connections} at a time`,
        baseline: 'Fastify with a bare select',
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
