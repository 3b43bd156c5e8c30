import assert from 'node:assert/strict'
import { it } from 'node:test'
import { readCranfield } from './cranfield.ts'
import { benchRelevance } from './search.ts'

const absent = readCranfield() ? false : 'the Cranfield collection is not here'

it('finds what the judges of Cranfield found relevant, better than PostgreSQL does', {
  skip: absent,
}, async () => {
  const [row] = await benchRelevance()
  assert.ok(row?.pass, `MAP ${row?.ours}`)
  assert.ok((row.ratio ?? 0) > 1.1, `${row.ratio} times ts_rank`)
})
