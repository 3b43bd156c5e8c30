import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { fromApi, newId } from '#core/ids.ts'
import { givenBack } from '#core/jobs/job.ts'
import type { Resident } from '#test/own-house.ts'
import { type OwnLibrary, openLibrary } from '#test/own-library.ts'
import { sweepUploadsTask } from '../uploads/sweep-uploads.job.ts'
import { MOST_AWAITED } from './begin-fetch.ts'
import { fetchDocumentTask } from './fetch-document.job.ts'

const DAY = 86_400_000

describe('a document by its address that does not come', () => {
  let library: OwnLibrary
  let reader: Resident
  before(async () => {
    library = await openLibrary({ outside: { allowsLoopback: true } })
    reader = await library.aResident()
  })
  after(() => library?.stop())

  const ask = async (url: string) => (await library.ask(reader, 'POST', '/v1/documents', { url })).json
  const stateOf = async (id: string) => {
    const { json } = await library.ask(reader, 'GET', `/v1/documents/${id}`)
    return [json.state, json.reason]
  }
  const fetchIt = (id: string, signal?: AbortSignal) =>
    library.run(reader, fetchDocumentTask, fromApi('doc', id), signal)
  const db = async () => (await library.ctx.tenant(reader.token.split('.')[0] ?? '')).db('activity')

  it('is unfetched when its job was cancelled before it ran', async () => {
    const { id, activityId } = await ask('http://localhost:1/a.pdf')
    const cancelled = await library.ask(reader, 'DELETE', `/v1/activity/${activityId}`)
    assert.ok(cancelled.status < 300, String(cancelled.bytes))
    assert.deepEqual(await stateOf(id), ['unfetched', 'cancelled'])
  })

  it('is unfetched when its job was given up, whatever the fault', async () => {
    const { id, activityId } = await ask('http://localhost:1/b.pdf')
    await (await db())
      .updateTable('activity')
      .set({ state: 'failed', error_code: 'internal', ended_at: new Date() })
      .where('id', '=', fromApi('act', activityId))
      .execute()
    assert.deepEqual(await stateOf(id), ['unfetched', 'internal'])
  })

  it('is unfetched when the last attempt ends with a fault of ours, and awaited when the worker stops', async () => {
    const { id } = await ask('http://localhost:1/c.pdf')
    const { call } = library.ctx.outbound
    try {
      Object.assign(library.ctx.outbound, { call: () => Promise.reject(new Error('no notes today')) })
      await assert.rejects(fetchIt(id, AbortSignal.abort(givenBack)), /no notes/)
      assert.deepEqual(await stateOf(id), ['fetching', null])
      await assert.rejects(fetchIt(id), /no notes/)
    } finally {
      Object.assign(library.ctx.outbound, { call })
    }
    assert.deepEqual(await stateOf(id), ['unfetched', 'internal'])
  })

  it('is one of few that somebody awaits at once; what has ended makes room', async () => {
    const asker = await library.aResident()
    const wish = { url: 'http://localhost:1/e.pdf' }
    const post = () => library.ask(asker, 'POST', '/v1/documents', wish)
    const asked = []
    for (let i = 0; i < MOST_AWAITED.asker; i++) asked.push(await post())
    for (const { status } of asked) assert.equal(status, 202)
    const refused = await post()
    assert.deepEqual([refused.status, refused.json.code], [429, 'too_many_requests'])
    assert.equal(refused.headers['retry-after'], '60')
    await library.ask(asker, 'DELETE', `/v1/activity/${asked[0]?.json.activityId}`)
    assert.equal((await post()).status, 202)
    assert.equal((await post()).status, 429)
  })

  it('is forgotten with its key after 30 days, though nothing else is fetched', async () => {
    const { id } = await ask('http://localhost:1/d.pdf')
    await assert.rejects(fetchIt(id))
    const count = async () => (await (await db()).selectFrom('document_fetch').select('id').execute()).length
    const rows = await count()
    assert.ok(rows >= 4)
    await library.run(reader, sweepUploadsTask, newId())
    assert.equal(await count(), rows)
    library.house.passTime(31 * DAY)
    await library.run(reader, sweepUploadsTask, newId())
    assert.equal(await count(), 0)
    const key = await (await db())
      .selectFrom('key')
      .select('state')
      .where('subject', '=', fromApi('doc', id))
      .executeTakeFirstOrThrow()
    assert.equal(key.state, 'destroyed')
  })
})
