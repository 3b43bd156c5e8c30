import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  sql,
} from 'kysely'
import { builtOnce } from './built-once.ts'
import type { TenantTables } from './tables.gen.ts'

const db = new Kysely<TenantTables>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (on) => new PostgresIntrospector(on),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
})

test('is built once, and each use has its own values beside the fixed ones', () => {
  let built = 0
  const find = builtOnce((on, id: string, state: string) => {
    built++
    return on
      .selectFrom('document')
      .select('id')
      .where('state', '=', state)
      .where('size', '>', 7)
      .where('id', '=', id)
  })
  const plain = (id: string, state: string) =>
    db
      .selectFrom('document')
      .select('id')
      .where('state', '=', state)
      .where('size', '>', 7)
      .where('id', '=', id)
      .compile()
  for (const [id, state] of [
    ['a', 'ready'],
    ['b', 'failed'],
  ] as const) {
    const { sql: text, parameters } = find(db, id, state).compile()
    assert.equal(text, plain(id, state).sql)
    assert.deepEqual(parameters, plain(id, state).parameters)
  }
  assert.equal(built, 1)
})

test('a value that would become text is refused', () => {
  const find = builtOnce((on, id: string) =>
    on
      .selectFrom('document')
      .select('id')
      .where(sql<boolean>`id = ${sql.lit(String(id))}`),
  )
  assert.throws(() => find(db, 'a').compile(), /did not become a parameter/)
})
