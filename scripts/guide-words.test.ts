import assert from 'node:assert/strict'
import { it } from 'node:test'
import { products } from '#src/products.ts'
import { stepsOf } from '../web/guide/step-places.ts'
import { en } from '../web/messages/en.ts'

it('has words and a place in the app for every first step that a manifest names', () => {
  const words: Readonly<Record<string, string>> = en
  const steps = products
    .flatMap(({ firstSteps }) => firstSteps ?? [])
    .map(({ name }) => ({ name, isTaken: false }))
  assert.ok(steps.length > 5)
  for (const { name } of steps) {
    assert.ok(words[`guide.step.${name}`], name)
    assert.ok(words[`guide.step.${name}.text`], name)
  }
  const shown = stepsOf({ steps, isDismissed: false }).map(({ name }) => name)
  assert.deepEqual(shown.toSorted(), steps.map(({ name }) => name).toSorted())
})
