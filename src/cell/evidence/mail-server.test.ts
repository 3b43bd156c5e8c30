import assert from 'node:assert/strict'
import { test } from 'node:test'
import { comparable, findMailServer } from './mail-server.ts'

test('a mail server is one port of the addresses its name has', async () => {
  const found = async (url: string | null) => {
    const server = await findMailServer(url)
    return server && [server.port, [...server.addresses].sort()]
  }
  assert.equal(await found(null), null)
  assert.equal(await found('not an address'), null)
  assert.deepEqual(await found('smtps://user:word@192.0.2.1'), [465, ['192.0.2.1']])
  assert.deepEqual(await found('smtp://192.0.2.1'), [587, ['192.0.2.1']])
  assert.deepEqual(await found('smtp://[2001:DB8:0::1]:2525'), [2525, ['[2001:db8::1]']])
  assert.deepEqual(await found('smtps://mail.invalid'), [465, []])
  const named = await findMailServer('smtp://localhost:25')
  assert.ok(named?.addresses.has('127.0.0.1'))
})

test('an address is known in whatever way the kernel writes it', () => {
  assert.equal(comparable('::ffff:192.0.2.1'), '192.0.2.1')
  assert.equal(comparable('2001:db8:0:0:0:0:0:1'), comparable('2001:db8::1'))
})
