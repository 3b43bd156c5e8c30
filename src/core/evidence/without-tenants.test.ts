import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withoutTenants } from './without-tenants.ts'

test('what evidence found names no tenant, and tells them apart', () => {
  const [one, two] = ['abcdefghijk23', 'zyxwvutsrqpon']
  const other = 'bcdefghijklmn'
  const finding = {
    outcome: 'fail' as const,
    looked: { schemas: 2 },
    faults: [
      `t_${two}_people may enter t_${one}`,
      `container ${one} is open to every user of the machine`,
      `${two}/ab/file is open to every user of the machine`,
      `${one} is no organisation's container`,
      `${two} has 3 schemas instead of 2`,
      `events of ${one} wait to be sealed`,
      `${two} and ${other} share a wrapped key`,
      'a configuration of everybody stays as it is',
    ],
  }
  const found = withoutTenants(finding, new Set([one, two, other]))
  assert.deepEqual(found.faults, [
    'tenant 1_people may enter tenant 2',
    'container tenant 2 is open to every user of the machine',
    'tenant 1/ab/file is open to every user of the machine',
    "tenant 2 is no organisation's container",
    'tenant 1 has 3 schemas instead of 2',
    'events of tenant 2 wait to be sealed',
    'tenant 1 and tenant 3 share a wrapped key',
    'a configuration of everybody stays as it is',
  ])
})
