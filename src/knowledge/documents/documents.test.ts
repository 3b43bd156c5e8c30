import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { fromApi } from '#core/ids.ts'
import { fileForm } from '#test/ask.ts'
import { onePagePdf } from '#test/one-page-pdf.ts'
import type { Resident } from '#test/own-house.ts'
import { type OwnLibrary, openLibrary } from '#test/own-library.ts'

let library: OwnLibrary
let reader: Resident

before(async () => {
  library = await openLibrary()
  reader = await library.aResident()
})
after(() => library?.stop())

/** Different bytes each time, with words of its own. */
function aPdf(...lines: string[]): Buffer {
  return Buffer.concat([onePagePdf(...lines), Buffer.from(`\n%${crypto.randomUUID()}\n`)])
}

async function aDocument(...lines: string[]): Promise<string> {
  const added = await library.add(reader, aPdf(...lines))
  assert.equal(added.status, 201, added.bytes.toString())
  await library.work(reader)
  return added.json.id
}

test('a document is added, read, shown, and given back byte for byte', async () => {
  const bytes = aPdf('The harbour master keeps the ledger', 'Second page about lanterns')
  const added = await library.add(reader, bytes, '../../etc/Quarterly_ledger.pdf')
  assert.equal(added.status, 201, added.bytes.toString())
  assert.equal(added.json.state, 'received')
  assert.equal(added.json.fileName, 'Quarterly_ledger.pdf')
  assert.equal(added.json.title, 'Quarterly ledger')
  await library.work(reader)
  const { id } = added.json
  const found = await library.ask(reader, 'GET', `/v1/documents/${id}`)
  assert.deepEqual([found.json.state, found.json.reason, found.json.pageCount], ['ready', null, 2])
  const text = await library.ask(reader, 'GET', `/v1/documents/${id}/text`)
  assert.deepEqual(
    text.json.items.map(({ page, text }: { page: number; text: string }) => [page, text.trim()]),
    [
      [1, 'The harbour master keeps the ledger'],
      [2, 'Second page about lanterns'],
    ],
  )
  const pages = await library.ask(reader, 'GET', `/v1/documents/${id}/pages`)
  assert.deepEqual(pages.json.items[0], { page: 1, width: 595, height: 842, hasText: true })
  const content = await library.ask(reader, 'GET', `/v1/documents/${id}/content`)
  assert.equal(content.headers['content-type'], 'application/pdf')
  assert.ok(content.bytes.equals(bytes))
  const cover = await library.ask(reader, 'GET', `/v1/documents/${id}/pages/1?width=600`)
  assert.equal(cover.headers['content-type'], 'image/png')
  assert.equal(cover.bytes.subarray(1, 4).toString(), 'PNG')
  assert.equal(cover.bytes.readUInt32BE(16), 640)
})

test('the same file twice at once is one document', async () => {
  const bytes = aPdf('Twice')
  const [one, other] = await Promise.all([library.add(reader, bytes), library.add(reader, bytes)])
  assert.deepEqual([one.status, other.status].sort(), [200, 201])
  assert.equal(one.json.id, other.json.id)
  const again = await library.add(reader, bytes, 'another name.pdf')
  assert.deepEqual([again.status, again.json.id, again.json.fileName], [200, one.json.id, 'a file.pdf'])
})

test('what is not a PDF is refused by its content and leaves nothing', async () => {
  const before = await library.ask(reader, 'GET', '/v1/documents')
  const cases: [Buffer, number, string][] = [
    [Buffer.from('PK\u0003\u0004 a zip with a pdf name'), 415, 'not_a_pdf'],
    [Buffer.alloc(0), 422, 'empty_file'],
    [Buffer.concat([Buffer.alloc(1100, 32), onePagePdf('Too late')]), 415, 'not_a_pdf'],
    [Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(100 * 2 ** 20, 32)]), 413, 'file_too_large'],
  ]
  for (const [bytes, status, code] of cases) {
    const refused = await library.add(reader, bytes, 'plan.pdf')
    assert.deepEqual([refused.status, refused.json?.code], [status, code])
  }
  const none = await library.ask(reader, 'POST', '/v1/documents', Buffer.from('--x--\r\n'), {
    'content-type': 'multipart/form-data; boundary=x',
  })
  assert.deepEqual([none.status, none.json?.code], [400, 'invalid_request'])
  const form = fileForm('plan.pdf', aPdf('No end'))
  const endless = await library.ask(
    reader,
    'POST',
    '/v1/documents',
    Buffer.from(form?.bytes ?? '').subarray(0, 300),
    { 'content-type': form?.type ?? '' },
  )
  assert.deepEqual([endless.status, endless.json?.code], [400, 'invalid_request'])
  const afterwards = await library.ask(reader, 'GET', '/v1/documents')
  assert.equal(afterwards.json.total, before.json.total)
})

test('a truncated file is kept as unreadable, says why, and can be removed', async () => {
  const whole = aPdf('Cut in the middle')
  const added = await library.add(reader, whole.subarray(0, 60), 'cut.pdf')
  assert.equal(added.status, 201)
  await library.work(reader)
  const found = await library.ask(reader, 'GET', `/v1/documents/${added.json.id}`)
  assert.deepEqual([found.json.state, found.json.reason], ['unreadable', 'damaged'])
  const text = await library.ask(reader, 'GET', `/v1/documents/${added.json.id}/text`)
  assert.deepEqual([text.status, text.json.code], [409, 'document_not_ready'])
  assert.equal((await library.ask(reader, 'DELETE', `/v1/documents/${added.json.id}`)).status, 204)
  assert.equal((await library.ask(reader, 'GET', `/v1/documents/${added.json.id}`)).status, 404)
})

test('a document gets another title, one that can be shown', async () => {
  const id = await aDocument('Renamed')
  const renamed = await library.ask(reader, 'PATCH', `/v1/documents/${id}`, {
    title: ' A \u202e<b>title</b>\u0007 ',
  })
  assert.equal(renamed.json.title, 'A <b>title</b>')
  const blank = await library.ask(reader, 'PATCH', `/v1/documents/${id}`, { title: '\u200b\u200b' })
  assert.deepEqual([blank.status, blank.json.code], [400, 'invalid_request'])
})

test('the library is sorted, filtered and paged', async () => {
  const librarian = await library.aResident()
  for (const name of ['Älg 10.pdf', 'alg 9.pdf', 'Zebra.pdf'])
    assert.equal((await library.add(librarian, aPdf(name.replace(/[^ -~]/g, '')), name)).status, 201)
  const byTitle = await library.ask(librarian, 'GET', '/v1/documents?sort=title&limit=2')
  const titles = (page: typeof byTitle) => page.json.items.map(({ title }: { title: string }) => title)
  assert.deepEqual(titles(byTitle), ['alg 9', 'Älg 10'])
  assert.equal(byTitle.json.total, 3)
  const rest = await library.ask(
    librarian,
    'GET',
    `/v1/documents?sort=title&limit=2&cursor=${byTitle.json.next}`,
  )
  assert.deepEqual([titles(rest), rest.json.next], [['Zebra'], null])
  const found = await library.ask(librarian, 'GET', '/v1/documents?q=ALG')
  assert.deepEqual(titles(found).sort(), ['alg 9', 'Älg 10'])
  const newest = await library.ask(librarian, 'GET', '/v1/documents?limit=1')
  const older = await library.ask(librarian, 'GET', `/v1/documents?limit=5&cursor=${newest.json.next}`)
  assert.deepEqual([...titles(newest), ...titles(older)], ['Zebra', 'alg 9', 'Älg 10'])
})

test("another organisation's documents are not found", async () => {
  const id = await aDocument('Ours alone')
  const stranger = await library.aResident()
  for (const url of [
    `/v1/documents/${id}`,
    `/v1/documents/${id}/content`,
    `/v1/documents/${id}/text`,
    `/v1/documents/${id}/pages/1`,
  ])
    assert.equal((await library.ask(stranger, 'GET', url)).status, 404)
  assert.equal((await library.ask(stranger, 'DELETE', `/v1/documents/${id}`)).status, 404)
  const added = await library.add(stranger, aPdf('Theirs'))
  assert.equal(added.status, 201)
})

test('a page of the library asks the keeper once for all its keys, and leaves out what is destroyed in between', async () => {
  const person = await library.aResident()
  const ids: string[] = []
  for (let number = 0; number < 55; number++)
    ids.push((await library.add(person, aPdf(`Number ${number}`), `${number}.pdf`)).json.id)
  // Every key that was lent has ended; those of the organisation come back with the first request.
  library.house.passTime(11 * 60_000)
  await library.ask(person, 'GET', '/v1/me')
  const log = join(library.house.keeper.folder, 'log')
  const lends = () =>
    readdirSync(log)
      .flatMap((name) => readFileSync(join(log, name), 'utf8').split('\n'))
      .filter((line) => line.includes('"op":"lend"')).length
  // What passing time has made the process borrow by itself comes when it comes.
  for (let seen = -1; seen !== lends(); await pause(300)) seen = lends()
  const asksFor = async (query: string) => {
    const before = lends()
    const { json } = await library.ask(person, 'GET', `/v1/documents?${query}`)
    return { count: json.items.length, total: json.total, asked: lends() - before }
  }
  assert.deepEqual(await asksFor('limit=50'), { count: 50, total: 55, asked: 1 })
  assert.deepEqual(await asksFor('limit=50'), { count: 50, total: 55, asked: 0 })
  assert.deepEqual(await asksFor('limit=50&sort=title'), { count: 50, total: 55, asked: 1 })
  assert.deepEqual(await asksFor('limit=50&q=7'), { count: 5, total: 5, asked: 0 })

  const tenant = await library.ctx.tenant(person.token.split('.')[0] ?? '')
  const gone = fromApi('doc', ids[0] ?? '')
  await tenant
    .db('activity')
    .updateTable('key')
    .set({ state: 'destroyed', wrapped: null })
    .where('subject', '=', gone)
    .execute()
  const keys = await tenant.keys()
  keys.forgetSubject('document', gone)
  assert.deepEqual(await asksFor('limit=100&sort=title'), { count: 54, total: 54, asked: 0 })
  assert.equal((await library.ask(person, 'GET', `/v1/documents/${ids[0]}`)).json.code, 'gone')
})
