import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { migrateTenant, readMigrations, tenantNames } from '#core/db/migrate.ts'
import { connectAs } from '#core/db/system-login.ts'
import { fromApi, newId } from '#core/ids.ts'
import { SealBroken } from '#core/keys/seal-broken.ts'
import { subjectSeal } from '#core/keys/subject-seal.ts'
import { onePagePdf } from '#test/one-page-pdf.ts'
import { type OwnLibrary, openLibrary } from '#test/own-library.ts'
import { moveSealsTask } from './move-seals.job.ts'

let library: OwnLibrary
before(async () => {
  library = await openLibrary({ outside: { allowsLoopback: true } })
})
after(() => library.stop())

const TABLES = ['document', 'snip', 'upload', 'document_fetch', 'activity'] as const

test('rows from before are read as they are, and lie under the keys of their documents when the job is done', async () => {
  const person = await library.aResident()
  const tenant = person.token.split('.')[0] ?? ''
  const opened = await library.ctx.tenant(tenant)
  const [db, keys] = [opened.db('activity'), await opened.keys()]
  const bytes = onePagePdf('The ferry goes at noon')
  const found = (await library.add(person, bytes, 'ferry.pdf', 'The ferry')).json
  const { id } = found
  await library.work(person)
  const snip = {
    documentId: id,
    page: 1,
    kind: 'text',
    quote: { exact: 'ferry goes' },
    insight: 'At noon',
    tags: ['Ferry', 'noon'],
  }
  const { id: taken } = (await library.ask(person, 'POST', '/v1/snips', snip)).json
  const upload = (name: string) =>
    library.ask(person, 'POST', '/v1/uploads', undefined, {
      'tus-resumable': '1.0.0',
      'upload-length': String(bytes.length),
      'upload-metadata': `filename ${Buffer.from(name).toString('base64')}`,
    })
  const [waiting, same] = [(await upload('waiting.pdf')).json.id, (await upload('same.pdf')).json.id]
  const url = 'http://localhost:9/slow.pdf'
  const fetched = (await library.ask(person, 'POST', '/v1/documents', { url })).json.id

  // As they were made before: under the key of the fields, no key for what was asked for, and none left for a file that was here already.
  for (const { table, column, subject } of library.ctx.subjectSealed.flatMap(({ columns }) => columns)) {
    if (!['card', 'title', 'origin'].includes(column)) continue
    const { rows } = await sql<{ id: string; subject: string; value: Buffer }>`
      select id, ${sql.ref(subject)} as subject, ${sql.ref(column)} as value from ${sql.table(table)}
      where ${sql.ref(subject)} is not null`.execute(db)
    assert.ok(rows.length > 0, table)
    for (const row of rows) {
      const place = { tenant, store: 'activity', table, row: row.id, column } as const
      const value = subjectSeal(await keys.subject('document', row.subject)).open(place, row.value)
      await sql`update ${sql.table(table)} set ${sql.ref(column)} = ${keys.seal('activity', table, row.id, column, value)}
        where id = ${row.id}`.execute(db)
    }
  }
  await db
    .updateTable('document')
    .set({ sha256: keys.blind('document.sha256', found.sha256) })
    .execute()
  await db.deleteFrom('snip_tag').execute()
  for (const word of ['ferry', 'noon'])
    await db
      .insertInto('snip_tag')
      .values({ tag: keys.blind('tag', word), snip_id: fromApi('snp', taken) })
      .execute()
  await db.updateTable('activity').set({ subject: null }).where('subject', 'is not', null).execute()
  const { document_id: spare } = await db
    .updateTable('upload')
    .set({ result: fromApi('doc', id), is_duplicate: true })
    .where('id', '=', fromApi('upl', same))
    .returning('document_id')
    .executeTakeFirstOrThrow()
  await db
    .updateTable('key')
    .set({ state: 'destroyed', wrapped: null })
    .where('subject', '=', spare)
    .execute()
  const migrator = await connectAs(library.house.login('migrator'))
  const { schema } = tenantNames(tenant)
  await migrator.query(`delete from ${schema}.key where subject = $1`, [fromApi('doc', fetched)])
  keys.forgetSubject('document', spare)
  keys.forgetSubject('document', fromApi('doc', fetched))
  assert.equal(await underFields(), 14)

  const head = (of: string) =>
    library.ask(person, 'GET', `/v1/uploads/${of}`, undefined, { 'tus-resumable': '1.0.0' })
  const reads = async () => {
    const read = (await library.ask(person, 'GET', `/v1/documents/${id}`)).json
    assert.deepEqual([read.title, read.fileName], ['The ferry', 'ferry.pdf'])
    const { items } = (await library.ask(person, 'GET', '/v1/documents?sort=title&q=ferry')).json
    assert.deepEqual(
      items.map(({ title }: { title: string }) => title),
      ['The ferry'],
    )
    const snipped = (await library.ask(person, 'GET', `/v1/snips/${taken}`)).json
    assert.deepEqual([snipped.insight, snipped.documentTitle], ['At noon', 'The ferry'])
    assert.equal((await library.ask(person, 'GET', `/v1/documents/${fetched}`)).json.source, url)
    assert.equal((await head(waiting)).json.fileName, 'waiting.pdf')
    const work = (await library.ask(person, 'GET', '/v1/activity')).json.items
    assert.deepEqual(work.map(({ title }: { title: string }) => title).sort(), ['The ferry', 'slow.pdf'])
  }
  await reads()
  assert.equal((await head(same)).json.fileName, 'same.pdf')

  // The migration queues the job where there is something to move.
  try {
    await migrator.query('delete from cell.tenant_migration where tenant = $1 and number = 15', [tenant])
    await migrator.query(`alter table ${schema}.activity drop column subject`)
    await migrator.query(`create table ${schema}.tag (tag bytea primary key)`)
    await migrator.query(
      `alter table ${schema}.snip_tag add constraint snip_tag_tag_fkey foreign key (tag) references ${schema}.tag not valid`,
    )
    const migrations = readMigrations(join(import.meta.dirname, '../../migrations/tenant'))
    assert.equal(await migrateTenant(migrator, tenant, migrations), 1)
    await migrator.query('set role dispatcher')
    const { rows } = await migrator.query(
      `select payload ->> 'task' as task from queue._private_jobs where payload ->> 'tenant' = $1 and payload ->> 'task' = $2`,
      [tenant, moveSealsTask.name],
    )
    assert.equal(rows.length, 1)
  } finally {
    await migrator.end()
  }
  for (let run = 0; run < 2; run++) {
    await library.run(person, moveSealsTask, newId())
    assert.equal(await underFields(), 0)
    await reads()
    const gone = await head(same)
    assert.equal(gone.status, 404, 'its key was gone, so what it was called goes as well')
    const tags = (await library.ask(person, 'GET', '/v1/tags')).json.items
    assert.deepEqual(tags.map(({ tag }: { tag: string }) => tag).sort(), ['Ferry', 'noon'])
    assert.equal((await library.ask(person, 'GET', '/v1/snips?tag=ferry')).json.items.length, 1)
    assert.equal((await library.add(person, bytes, 'again.pdf')).json.id, id, 'the same file is found again')
  }

  /** How many values that tell of a document open under the key of the fields. */
  async function underFields(): Promise<number> {
    let count = 0
    for (const table of TABLES) {
      const { rows } = await sql<Record<string, unknown>>`select * from ${sql.table(table)}`.execute(db)
      for (const row of rows)
        for (const column of ['card', 'title', 'origin'])
          try {
            const value = row[column]
            if (!(value instanceof Buffer)) continue
            keys.open('activity', table, String(row.id), column, value)
            count++
          } catch (error) {
            if (!(error instanceof SealBroken)) throw error
          }
    }
    return count
  }
})
