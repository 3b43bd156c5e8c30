import { openHouse } from '#test/own-house.ts'
import { loadOf } from './http-load.ts'
import { aReadDocument } from './read-document.ts'
import { writeFileSync } from 'node:fs'
import { Session } from 'node:inspector'
const house = await openHouse()
const resident = await house.aResident()
const document = await aReadDocument(house, resident)
const url = await house.app.listen({ port: 0, host: '127.0.0.1' })
const headers = { authorization: `Bearer ${resident.token}` }
const l = { url: `${url}/v1/documents/${document}`, headers, connections: 16 }
await loadOf({ ...l, seconds: 8 })
const session = new Session(); session.connect()
const post = (m: string, p?: object) => new Promise<any>((ok, no) => session.post(m, p as any, (e: any, r: any) => e ? no(e) : ok(r)))
await post('Profiler.enable'); await post('Profiler.setSamplingInterval', { interval: 300 }); await post('Profiler.start')
const before = process.cpuUsage()
const r = await loadOf({ ...l, seconds: 6 })
const used = process.cpuUsage(before)
const { profile } = await post('Profiler.stop'); writeFileSync('/tmp/perf/ours.cpuprofile', JSON.stringify(profile))
console.log(Math.round(r.perSecond), 'per s', (used.user + used.system) / r.perSecond / 6)
process.exit(0)
