import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fromApi } from '#core/ids.ts'
import { onePagePdf } from '#test/one-page-pdf.ts'
import type { Resident } from '#test/own-house.ts'
import { type OwnLibrary, openLibrary } from '#test/own-library.ts'
import { metadata, start } from '#test/tus-by-hand.ts'

let library: OwnLibrary
before(async () => {
  library = await openLibrary()
})
after(() => library.stop())

async function dbOf({ token }: Resident) {
  return (await library.ctx.tenant(token.split('.')[0] ?? '')).db('activity')
}

function torn(sealed: Buffer): Buffer {
  const other = Buffer.from(sealed)
  other[20] = (other[20] ?? 0) ^ 1
  return other
}

/** A library of three documents with a snip each, the middle one to be damaged. */
async function aLibrary() {
  const person = await library.aResident()
  const ids: string[] = []
  const snips: string[] = []
  for (const name of ['anchor', 'beacon', 'compass']) {
    const { json } = await library.add(person, onePagePdf(`The ${name} of the harbour`), `${name}.pdf`)
    ids.push(json.id)
    await library.work(person)
    const snip = await library.ask(person, 'POST', '/v1/snips', {
      documentId: json.id,
      page: 1,
      kind: 'text',
      quote: { exact: `The ${name} of the harbour` },
      insight: `A ${name}`,
    })
    assert.equal(snip.status, 201)
    snips.push(snip.json.id)
  }
  return { person, ids, snips, db: await dbOf(person) }
}

/** Breaks one sealed value of a row. */
async function tear(person: Resident, table: 'document' | 'snip', column: 'card' | 'evidence', id: string) {
  const db = await dbOf(person)
  if (table === 'document') {
    const { card } = await db
      .selectFrom('document')
      .select('card')
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    await db
      .updateTable('document')
      .set({ card: torn(card) })
      .where('id', '=', id)
      .execute()
    return
  }
  const row = await db
    .selectFrom('snip')
    .select(['card', 'evidence'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  await db
    .updateTable('snip')
    .set({ [column]: torn(row[column]) })
    .where('id', '=', id)
    .execute()
}

/** What the seal of a record shows, as its drawer reads it. */
async function sealState(person: Resident, id: string): Promise<string> {
  const { status, json } = await library.ask(person, 'GET', `/v1/records/${id}/seal`)
  assert.equal(status, 200, id)
  return json.state
}

test('a document whose card is damaged is shown as that, wherever it is listed, and hides no other', async () => {
  const { person, ids, snips } = await aLibrary()
  const [, damaged = ''] = ids
  await tear(person, 'document', 'card', fromApi('doc', damaged))

  for (const query of ['', '?sort=title', '?sort=-size', '?q=a']) {
    const { status, json } = await library.ask(person, 'GET', `/v1/documents${query}`)
    assert.equal(status, 200, query)
    assert.equal(json.total, query === '?q=a' ? 2 : 3, query)
    const shown = json.items.find(({ id }: { id: string }) => id === damaged)
    if (query === '?q=a') assert.equal(shown, undefined)
    else {
      const { title, fileName, sha256, source, seal, state, size, pageCount, snipCount } = shown
      assert.deepEqual(
        { title, fileName, sha256, source, seal, state, pageCount, snipCount },
        {
          title: '',
          fileName: '',
          sha256: null,
          source: null,
          seal: 'failed',
          state: 'ready',
          pageCount: 1,
          snipCount: 1,
        },
      )
      assert.ok(size > 0)
    }
    const others = json.items.filter(({ id }: { id: string }) => id !== damaged)
    assert.deepEqual(others.map(({ title }: { title: string }) => title).sort(), ['anchor', 'compass'])
    assert.ok(others.every(({ seal }: { seal: string }) => seal !== 'failed'))
  }
  const one = await library.ask(person, 'GET', `/v1/documents/${damaged}`)
  assert.deepEqual([one.status, one.json.title, one.json.seal], [200, '', 'failed'])
  await library.house.sealLog(person)
  assert.deepEqual(await Promise.all(ids.map((id) => sealState(person, id))), [
    'in-order',
    'failed',
    'in-order',
  ])
  // Its snips are whole, and so is its file.
  const feed = await library.ask(person, 'GET', '/v1/snips')
  assert.deepEqual(
    feed.json.items.map(({ id, documentTitle, insight }: Record<string, string>) => [
      id,
      documentTitle,
      insight,
    ]),
    [
      [snips[2], 'compass', 'A compass'],
      [snips[1], '', 'A beacon'],
      [snips[0], 'anchor', 'A anchor'],
    ],
  )
  assert.ok(feed.json.items.every(({ seal }: { seal: string }) => seal !== 'failed'))
  const found = await library.ask(person, 'GET', '/v1/search?q=harbour')
  assert.equal(found.status, 200)
  assert.equal(found.json.items.length, 6)
  const titled = await library.ask(person, 'GET', '/v1/search?q=beacon&kind=document')
  assert.equal(titled.status, 200)
  assert.ok(titled.json.items.every(({ title }: { title: string }) => title === ''))
  const file = await library.ask(person, 'GET', `/v1/documents/${damaged}/content`)
  assert.equal(file.status, 200)
  assert.ok(file.bytes.equals(onePagePdf('The beacon of the harbour')))
  // The same file again is the same document; a new title has nothing to stand beside; it can be removed.
  const again = await library.add(person, onePagePdf('The beacon of the harbour'), 'again.pdf')
  assert.deepEqual([again.status, again.json.id], [200, damaged])
  const renamed = await library.ask(person, 'PATCH', `/v1/documents/${damaged}`, { title: 'Beacon' })
  assert.deepEqual([renamed.status, renamed.json.code], [422, 'seals_damaged'])
  assert.equal((await library.ask(person, 'DELETE', `/v1/documents/${damaged}`)).status, 204)
  assert.equal((await library.ask(person, 'GET', '/v1/documents')).json.total, 2)
})

test('a document whose key is damaged is shown as that, with its snips', async () => {
  const { person, ids, snips, db } = await aLibrary()
  const [, damaged = ''] = ids
  await db
    .updateTable('key')
    .set({ wrapped: Buffer.alloc(65, 1) })
    .where('subject', '=', fromApi('doc', damaged))
    .execute()
  library.house.passTime(11 * 60_000)
  for (const query of ['', '?sort=title']) {
    const { status, json } = await library.ask(person, 'GET', `/v1/documents${query}`)
    assert.equal(status, 200)
    assert.deepEqual(
      json.items.map(({ title, seal }: Record<string, string>) => `${title} ${seal === 'failed'}`).sort(),
      [' true', 'anchor false', 'compass false'],
    )
  }
  const one = await library.ask(person, 'GET', `/v1/documents/${damaged}`)
  assert.deepEqual([one.status, one.json.seal], [200, 'failed'])
  for (const id of [damaged, snips[1] ?? '']) assert.equal(await sealState(person, id), 'failed')
  const feed = await library.ask(person, 'GET', '/v1/snips')
  assert.deepEqual(
    feed.json.items.map(({ id, quote, seal }: Record<string, string>) => [
      id,
      quote === null,
      seal === 'failed',
    ]),
    [
      [snips[2], false, false],
      [snips[1], true, true],
      [snips[0], false, false],
    ],
  )
})

test('work and an upload whose titles are damaged are listed with the others', async () => {
  const { person, db } = await aLibrary()
  const spoilt = Buffer.alloc(60, 1)
  const { id } = await db.selectFrom('activity').select('id').orderBy('id').executeTakeFirstOrThrow()
  await db.updateTable('activity').set({ title: spoilt }).where('id', '=', id).execute()
  const work = await library.ask(person, 'GET', '/v1/activity')
  assert.equal(work.status, 200)
  assert.deepEqual(
    work.json.items.map(({ title }: { title: string }) => title),
    ['compass', 'beacon', ''],
  )
  for (const name of ['whole.pdf', 'torn.pdf'])
    await start(library, person, 100, metadata({ filename: name }))
  const { id: upload } = await db
    .selectFrom('upload')
    .select('id')
    .orderBy('created_at', 'desc')
    .executeTakeFirstOrThrow()
  await db.updateTable('upload').set({ card: spoilt }).where('id', '=', upload).execute()
  const uploads = await library.ask(person, 'GET', '/v1/uploads')
  assert.equal(uploads.status, 200)
  assert.deepEqual(uploads.json.items.map(({ fileName }: { fileName: string }) => fileName).sort(), [
    '',
    'whole.pdf',
  ])
})

test('a snip that is damaged is shown as that and hides no other', async () => {
  const { person, snips } = await aLibrary()
  const [first = '', second = ''] = snips
  await tear(person, 'snip', 'card', fromApi('snp', first))
  await tear(person, 'snip', 'evidence', fromApi('snp', second))
  const feed = await library.ask(person, 'GET', '/v1/snips')
  assert.equal(feed.status, 200)
  assert.deepEqual(
    feed.json.items.map(({ insight, quote, seal }: Record<string, string>) => [
      insight,
      quote === null,
      seal === 'failed',
    ]),
    [
      ['A compass', false, false],
      ['A beacon', true, true],
      ['', false, true],
    ],
  )
  const one = await library.ask(person, 'GET', `/v1/snips/${second}`)
  assert.deepEqual([one.status, one.json.seal, one.json.rects], [200, 'failed', []])
  for (const id of [first, second]) assert.equal(await sealState(person, id), 'failed')
  // What is nothing but the damaged part says so.
  const annotation = await library.house.app.inject({
    method: 'GET',
    url: `/v1/snips/${second}`,
    headers: { authorization: `Bearer ${person.token}`, accept: 'application/ld+json' },
  })
  assert.deepEqual([annotation.statusCode, annotation.json().code], [500, 'damaged'])
  const found = await library.ask(person, 'GET', '/v1/search?q=harbour&kind=snip')
  assert.equal(found.status, 200)
  assert.equal(found.json.items.length, 3)
})

test('the text of a page that is damaged is refused by name, and the other pages are read', async () => {
  const { person, ids, db } = await aLibrary()
  const [, damaged = ''] = ids
  const page = await db
    .selectFrom('document_page')
    .select('text')
    .where('document_id', '=', fromApi('doc', damaged))
    .executeTakeFirstOrThrow()
  await db
    .updateTable('document_page')
    .set({ text: torn(page.text ?? Buffer.alloc(60)) })
    .where('document_id', '=', fromApi('doc', damaged))
    .execute()
  const text = await library.ask(person, 'GET', `/v1/documents/${damaged}/text`)
  assert.deepEqual([text.status, text.json.code], [500, 'damaged'])
  assert.ok(!text.json.detail.includes('beacon'))
  assert.equal((await library.ask(person, 'GET', `/v1/documents/${ids[0]}/text`)).status, 200)
  const { json } = await library.ask(person, 'GET', '/v1/audit?outcome=failed')
  assert.equal(json.items[0]?.detail?.code, 'damaged')
})
