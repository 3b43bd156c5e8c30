import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { TurnSocket } from './turn-socket.ts'

/** Counts how often it hands bytes to the system. */
class CountedSocket extends TurnSocket {
  calls = 0

  override _write(...args: Parameters<TurnSocket['_write']>): void {
    this.calls++
    super._write(...args)
  }
}

test('what is written in one turn goes out in one call and in order, also what its user corks', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'panoply-turn-'))
  const server = createServer({ allowHalfOpen: true }).listen(join(folder, 'socket'))
  const received = once(server, 'connection').then(([socket]) => text(socket))
  const socket = new CountedSocket()
  socket.connect(join(folder, 'socket'))
  await once(socket, 'connect')
  for (const part of ['a', 'b']) {
    socket.cork()
    socket.write(Buffer.from(part))
    socket.write(Buffer.from(`${part}2`))
    socket.uncork()
  }
  socket.write(Buffer.from('c'))
  await new Promise(setImmediate)
  assert.equal(socket.calls, 1)
  socket.write(Buffer.from('d'))
  await new Promise(setImmediate)
  assert.equal(socket.calls, 2)
  socket.end('e')
  assert.equal(await received, 'aa2bb2cde')
  socket.destroy()
  server.close()
  rmSync(folder, { recursive: true })
})
