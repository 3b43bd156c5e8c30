import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readSealCode } from './seal-code.ts'

test('a seal code is read however it was typed', () => {
  for (const typed of ['7K2QX-0M11P', '7k2qx0m11p', ' 7K2QX OMILP ', '7K2-QX0-M1-1P'])
    assert.equal(readSealCode(typed), '7K2QX-0M11P', typed)
})

test('what cannot be a seal code is not taken for one', () => {
  for (const typed of [
    '',
    'cooling',
    '7K2QX-0M11',
    '7K2QX-0M11PP',
    '7K2QX-0M11U',
    'doc_01m80h505zfsdatr68jv11j7bq',
  ])
    assert.equal(readSealCode(typed), null, typed)
})
