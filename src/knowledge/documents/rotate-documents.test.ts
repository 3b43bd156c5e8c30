import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fromApi } from '#core/ids.ts'
import { prepareRotationTask } from '#core/keys/prepare-rotation.job.ts'
import { rotateKeysTask } from '#core/keys/rotate-keys.job.ts'
import { onePagePdf } from '#test/one-page-pdf.ts'
import { type OwnLibrary, openLibrary } from '#test/own-library.ts'
import { eraseDocumentTask } from './erase-document.job.ts'

let library: OwnLibrary
before(async () => {
  library = await openLibrary()
})
after(() => library.stop())

test('documents removed while their keys rotate leave no file and no key', async () => {
  const person = await library.aResident()
  const tenant = person.token.split('.')[0] ?? ''
  const added: string[] = []
  for (const passage of ['stays in the drawer', 'is erased early', 'is erased late', 'goes in the middle'])
    added.push((await library.add(person, onePagePdf(`This one ${passage}`), `${passage}.pdf`)).json.id)
  await library.work(person)
  const [kept = '', early = '', late = '', middle = ''] = added
  const remove = (id: string) => library.ask(person, 'DELETE', `/v1/documents/${id}`)
  const erase = (id: string) => library.run(person, eraseDocumentTask, fromApi('doc', id))

  library.house.passTime(1000)
  const rotation = await library.ask(person, 'POST', '/v1/keys/rotations')
  await remove(early)
  // The versions are made while the key is being destroyed.
  await Promise.all([
    library.run(person, prepareRotationTask, fromApi('act', rotation.json.activityId)),
    erase(early),
  ])
  library.house.passTime(12 * 60_000)
  await remove(late)
  const db = (await library.ctx.tenant(tenant)).db('activity')
  const { id } = await db.selectFrom('organisation').select('id').executeTakeFirstOrThrow()
  let erasing: Promise<void> | undefined
  await library.run(person, rotateKeysTask, id, undefined, (done, total = 0) => {
    if (done > total - 6) erasing ??= remove(middle).then(() => erase(middle))
  })
  assert.ok(erasing)
  await erasing
  await erase(late)

  const stored = await db.selectFrom('document_blob').select(['id', 'document_id']).execute()
  assert.deepEqual([...new Set(stored.map(({ document_id }) => document_id))], [fromApi('doc', kept)])
  const files = readdirSync(join(library.house.folder, 'blobs', tenant), {
    recursive: true,
    withFileTypes: true,
  })
  assert.deepEqual(
    files.flatMap((entry) => (entry.isFile() ? [entry.name] : [])).sort(),
    stored.map((blob) => blob.id).sort(),
  )
  const keys = await db
    .selectFrom('key')
    .select(['subject', 'version', 'state'])
    .where('purpose', '=', 'document')
    .where('state', '!=', 'destroyed')
    .orderBy('version')
    .execute()
  assert.deepEqual(keys, [
    { subject: fromApi('doc', kept), version: 1, state: 'retired' },
    { subject: fromApi('doc', kept), version: 2, state: 'live' },
  ])
})
