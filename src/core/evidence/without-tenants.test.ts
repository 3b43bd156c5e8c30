import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withoutTenants } from './without-tenants.ts'

test('what evidence found names no tenant, and tells them apart', () => {
  const [one, two] = ['abcdefghijk23', 'zyxwvutsrqpon']
  const found = withoutTenants({
    outcome: 'fail',
    looked: { schemas: 2 },
    faults: [
      `t_${two}_people may enter t_${one}`,
      `container ${one} is open to every user of the machine`,
      `${two}/ab/file is open to every user of the machine`,
      `${one} is no organisation's container`,
      'a configuration of everybody stays as it is',
    ],
  })
  assert.deepEqual(found.faults, [
    'tenant 1_people may enter tenant 2',
    'container tenant 2 is open to every user of the machine',
    'tenant 1/ab/file is open to every user of the machine',
    "tenant 2 is no organisation's container",
    'a configuration of everybody stays as it is',
  ])
})
