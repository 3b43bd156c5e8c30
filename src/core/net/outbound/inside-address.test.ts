import assert from 'node:assert/strict'
import { syncBuiltinESMExports } from 'node:module'
import os from 'node:os'
import { it } from 'node:test'
import { isInside } from './inside-address.ts'

const shown = { netmask: '', mac: '', internal: false, scopeid: 0 }

it('neighbours in a network of this machine are inside, though their addresses are public', (t) => {
  const { mock } = t.mock.method(os, 'networkInterfaces', () => ({
    eth0: [
      { ...shown, family: 'IPv4', address: '93.184.216.34', cidr: '93.184.216.34/24' },
      { ...shown, family: 'IPv6', address: '2a00:1450:1::5', cidr: '2a00:1450:1::5/64' },
    ],
    tun0: [
      { ...shown, family: 'IPv4', address: '94.0.0.1', cidr: '94.0.0.1/0' },
      { ...shown, family: 'IPv6', address: '2a01::1', cidr: null },
    ],
  }))
  syncBuiltinESMExports()
  try {
    for (const inside of [
      '93.184.216.34',
      '93.184.216.7',
      '2a00:1450:1::5',
      '2a00:1450:1::99',
      '94.0.0.1',
      '2a01::1',
    ])
      assert.equal(isInside(inside), true, inside)
    for (const outside of ['93.184.217.7', '2a00:1450:1:1::5', '94.0.0.2', '2a01::2'])
      assert.equal(isInside(outside), false, outside)
  } finally {
    mock.restore()
    syncBuiltinESMExports()
  }
})
