// The other's index pages under one's own search key, and its word asked of one's own index.
import { sql } from 'kysely'
import { PublicError } from '#core/errors.ts'
import { newId } from '#core/ids.ts'
import { type SealedTable, SearchBox } from '#core/search/search-box.ts'
import { systemActor } from '#core/tenancy/system-actor.ts'
import type { Attempt } from './attempt.ts'
import { broken } from './key-attempts.ts'
import type { Canary, ProbeGround } from './probe-ground.ts'

interface Page {
  readonly table: SealedTable
  readonly segment: string
  readonly bucket: number
  readonly version: number
  readonly sealed: Buffer
}

/** Openings of the newest pages of the other, and questions for what only it has. */
export async function searchAttempts(ground: ProbeGround, me: Canary, other: Canary): Promise<Attempt[]> {
  const pages = await pagesOf(other)
  return [
    ...pages.flatMap((page) => openings(page, me, other)),
    ...[other.word, `"${other.word}"`, `${other.word.slice(0, 9)}*`, other.word.slice(0, -1)].map(
      (text, index): Attempt => ({
        layer: 'search',
        name: `word of the other, form ${index + 1}`,
        run: () => askFor(ground, me, other, text),
      }),
    ),
  ]
}

function openings({ table, segment, bucket, version, sealed }: Page, me: Canary, other: Canary): Attempt[] {
  return [
    {
      layer: 'search',
      name: `${table} under one’s own key`,
      run: () => broken(() => new SearchBox(me.keys, version).open(table, segment, bucket, sealed)),
    },
    {
      layer: 'search',
      name: `${table} as a page of one’s own`,
      run: () =>
        broken(() =>
          new SearchBox({ ...me.keys, tenant: other.tenant }, version).open(table, segment, bucket, sealed),
        ),
    },
    {
      layer: 'search',
      name: `${table} in another segment`,
      run: () => broken(() => new SearchBox(other.keys, version).open(table, newId(), bucket, sealed)),
    },
  ]
}

async function askFor({ ctx, region }: ProbeGround, me: Canary, other: Canary, text: string) {
  const actor = systemActor(me.tenant, { region, origin: { ip: '', userAgent: '' }, requestId: newId() })
  try {
    const { total, suggestion } = await ctx.read(actor, ({ search }) => search.query({ text }))
    return total === 0 && !suggestion?.includes(other.word) ? 'denied' : 'hit'
  } catch (error) {
    if (error instanceof PublicError) return 'unclear'
    throw error
  }
}

async function pagesOf({ opened }: Canary): Promise<Page[]> {
  const { rows } = await sql<Page>`
    (select 'search_delta' as table, id as segment, 0 as bucket, key_version as version, sealed from search_delta order by id desc limit 4)
    union all
    (select 'search_page', segment, bucket, key_version, sealed from search_page
      join search_segment on search_segment.id = segment order by segment desc limit 4)
    union all
    (select 'search_word', segment, part, key_version, sealed from search_word
      join search_segment on search_segment.id = segment order by segment desc limit 2)`.execute(
    opened.db('activity'),
  )
  return rows
}
