import { openHouse } from '#test/own-house.ts'
import { startBareServer } from './bare-server.ts'
import { loadOf } from './http-load.ts'
import { aReadDocument } from './read-document.ts'
import { writeFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
await using bare = await startBareServer({})
const house = await openHouse()
const resident = await house.aResident()
const document = await aReadDocument(house, resident)
const url = await house.app.listen({ port: 0, host: '127.0.0.1' })
const headers = { authorization: `Bearer ${resident.token}` }
const loads = { bare: { url: `${bare.url}/row/${bare.id}` }, ours: { url: `${url}/v1/documents/${document}`, headers } }
for (const connections of [1, 16]) for (let round = 0; round < 3; round++) for (const [name, l] of Object.entries(loads)) {
  let session: Session | undefined
  if (round === 2 && connections === 16 && name === 'ours') { session = new Session(); session.connect(); await session.post('Profiler.enable'); await session.post('Profiler.start') }
  const before = process.cpuUsage()
  const r = await loadOf({ ...l, connections, seconds: 3 })
  const used = process.cpuUsage(before)
  if (session) { const { profile } = await session.post('Profiler.stop'); writeFileSync('/tmp/perf/ours.cpuprofile', JSON.stringify(profile)) }
  console.log(connections, name, Math.round(r.perSecond), 'per s', 'user', Math.round(used.user / r.perSecond / 3), 'sys', Math.round(used.system / r.perSecond / 3), 'us per request')
}
await house.stop()
process.exit(0)
