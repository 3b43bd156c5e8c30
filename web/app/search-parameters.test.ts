/// <reference types="node" />
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { auditSearch, entrySearch, librarySearch, readerSearch } from './search-parameters.ts'

test('what an address carries is kept, what it should not is dropped', () => {
  assert.deepEqual(librarySearch({ q: 'pump', sort: '-size', state: 'gone', evil: '<b>' }), {
    q: 'pump',
    sort: '-size',
  })
  assert.deepEqual(readerSearch({ page: '12', snip: 'snp_1', panel: 'left' }), { page: 12, snip: 'snp_1' })
  assert.deepEqual(readerSearch({ page: -1 }), {})
  assert.deepEqual(auditSearch({ outcome: 'refused', from: 20260101 }), {
    outcome: 'refused',
    from: '20260101',
  })
})

test('after sign-in one only goes on to a place inside the app', () => {
  assert.deepEqual(entrySearch({ next: '/knowledge?q=a' }), { next: '/knowledge?q=a' })
  for (const next of [
    'https://evil.example',
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    'javascript:alert(1)',
  ]) {
    assert.deepEqual(entrySearch({ next }), {})
  }
})
