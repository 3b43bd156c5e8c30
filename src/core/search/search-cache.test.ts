import assert from 'node:assert/strict'
import { it } from 'node:test'
import { SearchCache } from './search-cache.ts'

it('forgets the least recently used first and never holds more than its bound', () => {
  const cache = new SearchCache({ maxBytes: 100 })
  cache.set('t', 'a', new Date(1), 40)
  cache.set('t', 'b', new Date(2), 40)
  assert.equal(cache.get('t', 'a', Date)?.getTime(), 1)
  cache.set('u', 'c', new Date(3), 40)
  assert.equal(cache.get('t', 'b', Date), undefined)
  assert.equal(cache.bytes, 80)
  cache.grow('u', 'c', 50)
  assert.equal(cache.get('t', 'a', Date), undefined)
  assert.equal(cache.bytes, 90)
  cache.set('u', 'huge', new Date(4), 101)
  assert.equal(cache.get('u', 'huge', Date), undefined)
  cache.close()
})

it('drops a tenant at once, and what nobody used for a lease by itself', () => {
  let now = 0
  const cache = new SearchCache({ idleMs: 1_000, now: () => now })
  cache.set('t', 'a', new Date(1), 10)
  cache.set('u', 'a', new Date(2), 10)
  cache.drop('t')
  assert.equal(cache.get('t', 'a', Date), undefined)
  now = 999
  cache.dropIdle()
  assert.equal(cache.bytes, 10)
  now = 1_000
  cache.dropIdle()
  assert.equal(cache.bytes, 0)
  cache.close()
})
