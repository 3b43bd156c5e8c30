import assert from 'node:assert/strict'
import { copyFileSync, existsSync, readdirSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type pg from 'pg'
import { fromApi } from '#core/ids.ts'
import { connectAsRole, placeOf } from '../as-role.ts'
import { fileForm, type Reply } from '../ask.ts'
import { drained } from '../drained.ts'
import { type DemoTenant, type Installation, theInstallation } from '../installation.ts'
import { onePagePdf } from '../one-page-pdf.ts'
import { anOrganisation, expectStatus } from '../people.ts'

// Whoever can write the disk and the tables must still not be able to make one organisation read another's ciphertext.
describe('ciphertext that was moved', () => {
  let house: Installation
  let a: DemoTenant
  let b: DemoTenant
  let owner: pg.Client

  before(async () => {
    house = await theInstallation()
    a = house.tenants[0]
    b = await anOrganisation(house, 'neighbour-by-bytes.example', a)
    owner = await connectAsRole(house, a.region, `t_${a.rid}`)
  })
  after(() => owner?.end())

  async function added(tenant: DemoTenant, text: string): Promise<{ id: string; files: string[] }> {
    const before = new Set(blobsOf(tenant))
    const form = fileForm('moved.pdf', onePagePdf(text), 'application/pdf', `${text} title`)
    const reply = await house.ask(`${tenant.url}/v1/documents`, {
      apiKey: tenant.apiKey,
      body: form,
    })
    expectStatus(reply, 201)
    const files = blobsOf(tenant).filter((file) => !before.has(file))
    await drained(house, tenant)
    assert.ok(files.length >= 1, 'the file is in the container before the answer')
    return { id: reply.json.id, files }
  }

  function blobsOf(tenant: DemoTenant): string[] {
    const root = join(placeOf(house, tenant.region).blobRoot, tenant.rid)
    if (!existsSync(root)) return []
    return readdirSync(root, { recursive: true, encoding: 'utf8' })
      .map((name) => join(root, name))
      .filter((path) => statSync(path).isFile())
  }

  const content = (tenant: DemoTenant, id: string): Promise<Reply> =>
    house
      .ask(`${tenant.url}/v1/documents/${id}/content`, { apiKey: tenant.apiKey })
      .catch((error: Error) => ({
        status: 0,
        headers: {},
        bytes: Buffer.from(error.message),
        json: undefined,
      }))

  it('a blob of another organisation under one’s own name opens nothing', async () => {
    const mine = await added(a, 'my own page of words')
    const theirs = await added(b, 'zztheirsecretpage')
    copyFileSync(theirs.files[0] ?? '', mine.files[0] ?? '')
    const reply = await content(a, mine.id)
    assert.notEqual(reply.status, 200)
    assert.ok(!reply.bytes.includes('zztheirsecret') && !reply.bytes.includes('%PDF'))
  })

  it('a blob of another document of the same organisation opens nothing', async () => {
    const one = await added(a, 'the first of two pages')
    const two = await added(a, 'the second of two pages')
    copyFileSync(two.files[0] ?? '', one.files[0] ?? '')
    assert.notEqual((await content(a, one.id)).status, 200)
    assert.equal((await content(a, two.id)).status, 200)
  })

  it('a blob that was cut short is never answered as whole', async () => {
    const mine = await added(a, 'a page that will be cut')
    const whole = await content(a, mine.id)
    const file = mine.files[0] ?? ''
    truncateSync(file, statSync(file).size - 10)
    const reply = await content(a, mine.id)
    assert.ok(reply.status !== 200 || reply.bytes.length < whole.bytes.length)
    assert.notDeepEqual(reply.bytes, whole.bytes)
  })

  /** The answer for a document that is shown as damaged: nothing of what was sealed stands in it. */
  async function damaged(id: string): Promise<string> {
    const { status, json, bytes } = await house.ask(`${a.url}/v1/documents/${id}`, { apiKey: a.apiKey })
    const { title, fileName, sha256, source, seal } = json
    assert.deepEqual([status, title, fileName, sha256, source, seal], [200, '', '', null, null, 'failed'])
    return String(bytes)
  }

  it('a sealed row of another organisation opens nothing', async () => {
    const mine = await added(a, 'a row of my own')
    const theirs = await added(b, 'zztheirsecretrow')
    const stranger = await connectAsRole(house, b.region, `t_${b.rid}`)
    const { rows } = await stranger.query('select card, origin from document where id = $1', [
      fromApi('doc', theirs.id),
    ])
    await stranger.end()
    await owner.query('update document set card = $2 where id = $1', [fromApi('doc', mine.id), rows[0].card])
    assert.doesNotMatch(await damaged(mine.id), /zztheirsecret/)
    await owner.query('delete from document where id = $1', [fromApi('doc', mine.id)])
  })

  it('a sealed field in another row or another column of the same organisation opens nothing', async () => {
    const one = await added(a, 'row number one here')
    const two = await added(a, 'row number two here')
    const ids = [fromApi('doc', one.id), fromApi('doc', two.id)]
    await owner.query(
      'update document set card = (select card from document where id = $2) where id = $1',
      ids,
    )
    assert.doesNotMatch(await damaged(one.id), /number two/)
    await owner.query('update document set card = origin where id = $1', [ids[1]])
    assert.doesNotMatch(await damaged(two.id), /createdIp/)
    await owner.query('delete from document where id = any($1)', [ids])
  })
})
