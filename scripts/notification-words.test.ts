import assert from 'node:assert/strict'
import { it } from 'node:test'
import { products } from '#src/products.ts'
import { en } from '../web/messages/en.ts'

it('has words in the app for every kind of notification that a manifest names', () => {
  const words: Readonly<Record<string, string>> = en
  const all = products.flatMap(({ notifications }) => notifications ?? [])
  assert.ok(all.length > 5)
  for (const { name } of all) assert.ok(words[`notification.${name}`], name)
})
