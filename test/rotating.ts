/** A library whose keys rotate: the steps of a rotation when the test says so, and what lies under which version. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'kysely'
import { fromApi } from '#core/ids.ts'
import type { Job } from '#core/jobs/job.ts'
import { prepareRotationTask } from '#core/keys/prepare-rotation.job.ts'
import { rotateKeysTask } from '#core/keys/rotate-keys.job.ts'
import { onePagePdf } from './one-page-pdf.ts'
import type { Resident } from './own-house.ts'
import type { OwnLibrary } from './own-library.ts'

export const tenantOf = ({ token }: Resident): string => token.split('.')[0] ?? ''

/** What tests of rotation do, in this library. */
export function rotating(library: OwnLibrary) {
  async function dbOf(person: Resident, store: 'activity' | 'people' = 'activity') {
    return (await library.ctx.tenant(tenantOf(person))).db(store)
  }

  /** Asks for a rotation and makes the versions; what comes next waits. Answers the activity. */
  async function begin(person: Resident): Promise<string> {
    // The clock of the keeper stands still: what was made before must be older.
    library.house.passTime(1000)
    const rotation = await library.ask(person, 'POST', '/v1/keys/rotations')
    assert.equal(rotation.status, 202, String(rotation.bytes))
    const activity = fromApi('act', rotation.json.activityId)
    await library.run(person, prepareRotationTask, activity)
    return activity
  }

  async function seal(person: Resident, signal?: AbortSignal, progress?: Job['progress']) {
    const { id } = await (await dbOf(person))
      .selectFrom('organisation')
      .select('id')
      .executeTakeFirstOrThrow()
    await library.run(person, rotateKeysTask, id, signal, progress)
  }

  /** A document with a snip of text, one of an area with its picture, and tags. */
  async function aDocument(person: Resident, passage: string) {
    const bytes = onePagePdf(passage)
    const added = await library.add(person, bytes, `${randomBytes(4).toString('hex')}.pdf`)
    assert.equal(added.status, 201, String(added.bytes))
    const { id } = added.json
    await library.work(person)
    const text = await library.ask(person, 'POST', '/v1/snips', {
      documentId: id,
      page: 1,
      kind: 'text',
      quote: { exact: passage },
      insight: `On ${passage}`,
      tags: ['Lighthouse'],
    })
    assert.equal(text.status, 201, String(text.bytes))
    const area = await library.ask(person, 'POST', '/v1/snips', {
      documentId: id,
      page: 1,
      kind: 'area',
      rects: [{ x: 10, y: 10, width: 200, height: 100 }],
    })
    assert.equal(area.status, 201, String(area.bytes))
    await library.work(person)
    return { id, bytes, snip: text.json.id, picture: `/v1/snips/${area.json.id}/image` }
  }

  /** The files of a tenant's container, parts too. */
  function filesOf(person: Resident): string[] {
    const folder = join(library.ctx.regions[0]?.blobRoot ?? '', tenantOf(person))
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
  }

  async function versionsIn(person: Resident, store: 'activity' | 'people', table: string, column: string) {
    const { rows } = await sql<{ version: number; count: string }>`
      select get_byte(${sql.ref(column)}, 4) as version, count(*) as count from ${sql.table(table)}
      where ${sql.ref(column)} is not null group by 1 order by 1`.execute(await dbOf(person, store))
    return new Map(rows.map(({ version, count }) => [version, Number(count)]))
  }

  return { dbOf, begin, seal, aDocument, filesOf, versionsIn }
}
