import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { plantTree } from '#test/plant-tree.ts'
import { COLUMNS_FILE, checkColumns, renderColumns, staleColumns } from './check-columns.ts'
import { passed } from './check-result.ts'

const GOOD = `-- A table; with commas, (brackets) and 'quotes' in its comment.
CREATE TABLE {schema}.thing (
  id uuid PRIMARY KEY, -- configuration
  state text NOT NULL DEFAULT 'a, b' CHECK (state IN ('a, b', 'c')), -- configuration
  card bytea NOT NULL, -- content
  mail_blind bytea
    NOT NULL UNIQUE, -- metadata, blind
  amount double precision, -- configuration: a count, in pieces
  CHECK (state <> ''),
  last timestamptz -- configuration
);
alter table {people}.person add column if not exists phone bytea, -- metadata
  add nick bytea; -- metadata
create function {schema}.f() returns void language sql as $$ create temp table x (y text) $$;
`

function check(sql: string, path = 'migrations/tenant/0001-core.sql') {
  using tree = plantTree({ [path]: sql })
  return checkColumns(tree.root)
}

describe('the class of every column', () => {
  it('reads every form of declaration', () => {
    const result = check(GOOD)
    assert.deepEqual(result.problems, [])
    assert.equal(result.seen, 8)
    assert.deepEqual(result.columns.activity?.thing?.mail_blind, {
      type: 'bytea',
      class: 'metadata',
      blind: true,
    })
    assert.deepEqual(result.columns.activity?.thing?.amount, {
      type: 'double precision',
      class: 'configuration',
    })
    assert.deepEqual(Object.keys(result.columns.people?.person ?? {}), ['phone', 'nick'])
    assert.equal(result.columns.activity?.x, undefined)
  })

  it('a tree without migrations does not pass', () => {
    using tree = plantTree({ 'README.md': '' })
    assert.equal(passed(checkColumns(tree.root)), false)
  })

  const planted: [string, string, RegExp][] = [
    [
      'a column without a class',
      GOOD.replace('card bytea NOT NULL, -- content', 'card bytea NOT NULL,'),
      /thing.card has no class/,
    ],
    ['a word that is no class', GOOD.replace('-- content', '-- contents'), /thing.card has no class/],
    [
      'the last column without a class',
      GOOD.replace('last timestamptz -- configuration', 'last timestamptz'),
      /thing.last has no class/,
    ],
    ['content in text', GOOD.replace('card bytea', 'card text'), /thing.card is content in text/],
    ['metadata in jsonb', GOOD.replace('phone bytea', 'phone jsonb'), /person.phone is metadata in jsonb/],
    [
      'an added column without a class',
      GOOD.replace('add nick bytea; -- metadata', 'add nick bytea;'),
      /person.nick has no class/,
    ],
    [
      'blind configuration',
      GOOD.replace('id uuid PRIMARY KEY, -- configuration', 'id uuid, -- configuration, blind'),
      /blind configuration/,
    ],
    ['another schema', GOOD.replace('{schema}.thing', 'public.thing'), /is in schema public/],
    ['a table made from a query', `${GOOD} create table {schema}.copy as select 1;`, /nobody has classed/],
    [
      'a materialized view',
      `${GOOD} create materialized view {schema}.copy as select 1;`,
      /nobody has classed/,
    ],
  ]
  for (const [name, sql, expected] of planted) {
    it(`${name} is caught`, () => {
      const problems = check(sql).problems.map((problem) => problem.message)
      assert.match(problems.join('\n'), expected)
    })
  }

  it('a migration that is not named NNNN-room-what is caught', () => {
    assert.equal(check(GOOD, 'migrations/tenant/core.sql').problems.length, 1)
    assert.equal(check(GOOD, 'migrations/elsewhere/0001-core.sql').problems.length, 1)
  })

  it('a stale list of columns is caught, a fresh one is not', () => {
    using tree = plantTree({ 'migrations/tenant/0001-core.sql': GOOD, [COLUMNS_FILE]: '{}' })
    const { columns } = checkColumns(tree.root)
    assert.equal(staleColumns(tree.root, columns).length, 1)
    using fresh = plantTree({ [COLUMNS_FILE]: renderColumns(columns) })
    assert.deepEqual(staleColumns(fresh.root, columns), [])
  })

  it('a dropped column and a dropped table leave the list', () => {
    const result = check(
      `${GOOD} alter table {schema}.thing drop column card; alter table {schema}.thing drop constraint c; drop table {people}.person;`,
    )
    assert.equal(result.columns.activity?.thing?.card, undefined)
    assert.equal(result.columns.people?.person, undefined)
  })
})
