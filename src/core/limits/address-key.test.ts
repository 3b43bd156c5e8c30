import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressKey, networkKey } from './address-key.ts'

test('an IPv4 address stands for itself, mapped or not; an IPv6 address for its /64', () => {
  const keys = {
    '192.0.2.1': '192.0.2.1',
    '::ffff:192.0.2.1': '192.0.2.1',
    '2001:db8:1:2:3:4:5:6': '2001:db8:1:2::/64',
    '2001:DB8:1:2::6': '2001:db8:1:2::/64',
    '2001:0db8:0001:0002::': '2001:db8:1:2::/64',
    '2001:db8::1': '2001:db8:0:0::/64',
    '::1': '0:0:0:0::/64',
    'fe80::1%eth0': 'fe80:0:0:0::/64',
    '64:ff9b::192.0.2.1': '64:ff9b:0:0::/64',
    '': '',
  }
  for (const [address, key] of Object.entries(keys)) assert.equal(addressKey(address), key, address)
})

test('the network of an address is its /24 or its /48', () => {
  const keys = {
    '192.0.2.77': '192.0.2.0/24',
    '::ffff:192.0.2.1': '192.0.2.0/24',
    '2001:db8:1:2:3:4:5:6': '2001:db8:1::/48',
    '2001:db8::1': '2001:db8:0::/48',
    '': '',
  }
  for (const [address, key] of Object.entries(keys)) assert.equal(networkKey(address), key, address)
})
