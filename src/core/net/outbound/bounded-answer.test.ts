import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { after, before, describe, it, type TestContext } from 'node:test'
import { gzipSync } from 'node:zlib'
import { type OutsideWorld, openWorld } from '#test/outside-world.ts'
import { PublicError } from '../../errors.ts'
import { openOutbound } from './outbound.ts'

describe('answers that do harm', () => {
  let world: OutsideWorld
  before(async () => {
    world = await openWorld()
  })
  after(() => world.stop())

  const open = () =>
    openOutbound({ allowsLoopback: true, ca: [world.ca], note: async () => async () => undefined })
  const call = (url: string, outbound = open(), signal = new AbortController().signal) =>
    outbound.call({ kind: 'capture', region: 'eu', url, signal })
  const read = async (url: string) => buffer((await call(url)).body)

  const wire = (write: (socket: Socket) => void) =>
    world.tcp((socket) => {
      socket.once('data', () => write(socket))
    })
  const at = ({ port }: { port: number }) => `http://127.0.0.1:${port}/`

  it('ends headers without end', async () => {
    const place = await wire((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n')
      const line = `x-more: ${'a'.repeat(1_000)}\r\n`
      for (let i = 0; i < 100; i++) socket.write(line)
    })
    assert.equal(await reasonOf(call(at(place))), 'address_failed headers')
  })

  it('ends one header line that is too long', async () => {
    const place = await wire(
      (socket) => void socket.write(`HTTP/1.1 200 OK\r\nx: ${'a'.repeat(100_000)}\r\n\r\n`),
    )
    assert.equal(await reasonOf(call(at(place))), 'address_failed headers')
  })

  it('does not take what is no HTTP', async () => {
    const place = await wire((socket) => void socket.end('SSH-2.0-OpenSSH_9.2\r\n'))
    assert.equal(await reasonOf(call(at(place))), 'address_failed form')
    const twice = await wire(
      (socket) =>
        void socket.end(
          'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n',
        ),
    )
    assert.equal(await reasonOf(call(at(twice))), 'address_failed form')
  })

  it('does not wait for a place that ends the connection before it was asked', async () => {
    const over = Promise.withResolvers<void>()
    const place = await world.tcp((socket) => void socket.once('close', over.resolve).resume().end())
    let ended = false
    const outbound = openOutbound({
      allowsLoopback: true,
      note: async () => {
        await over.promise
        return async () => {
          ended = true
        }
      },
    })
    assert.equal(await reasonOf(call(at(place), outbound)), 'address_failed connection')
    assert.equal(ended, true)
  })

  it('does not wait for a place that turns to another protocol', async () => {
    const place = await wire(
      (socket) =>
        void socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
    )
    assert.equal(await reasonOf(call(at(place))), 'address_failed form')
  })

  it('does not wait for headers that drip', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const asked = Promise.withResolvers<void>()
    const place = await world.tcp((socket) => socket.once('data', () => asked.resolve()))
    const work = codeOf(call(at(place)))
    await asked.promise
    t.mock.timers.tick(20_000)
    assert.equal(await work, 'address_timed_out')
  })

  it('ends a body that drips', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] })
    const place = await wire(
      (socket) => void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\nslow'),
    )
    const { body } = await call(at(place))
    const work = codeOf(buffer(body))
    tickTwice(t)
    assert.equal(await work, 'address_timed_out')
  })

  it('does not believe the announced length, in either direction', async () => {
    const large = await wire(
      (socket) => void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 104857601\r\n\r\n'),
    )
    assert.equal(await codeOf(read(at(large))), 'file_too_large')
    const short = await wire((socket) => void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nonly'))
    assert.equal(await reasonOf(read(at(short))), 'address_failed connection')
  })

  it('ends a body without end at the bound', async () => {
    const place = await world.http((_, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      }
      response.on('drain', more)
      more()
    })
    const answer = await open().call({
      kind: 'webhook',
      region: 'eu',
      url: `https://localhost:${(await world.https((_, response) => response.end('a'.repeat(70_000)))).port}/`,
      signal: new AbortController().signal,
    })
    assert.equal(await codeOf(buffer(answer.body)), 'file_too_large')
    let counted = 0
    const { body } = await call(at(place))
    const error = await refusal(
      (async () => {
        for await (const piece of body) counted += (piece as Buffer).length
      })(),
    )
    assert.equal(error.code, 'file_too_large')
    assert.ok(counted <= 100 * 2 ** 20, String(counted))
  })

  it('ends a packed body at the bound of what it unpacks to', async () => {
    const bomb = gzipSync(Buffer.alloc(101 * 2 ** 20), { level: 1 })
    assert.ok(bomb.length < 2 ** 20)
    const place = await world.http((_, response) => response.setHeader('content-encoding', 'gzip').end(bomb))
    let counted = 0
    const { body } = await call(at(place))
    const error = await refusal(
      (async () => {
        for await (const piece of body) counted += (piece as Buffer).length
      })(),
    )
    assert.equal(error.code, 'file_too_large')
    assert.ok(counted <= 100 * 2 ** 20, String(counted))
  })

  it('unpacks one packing, and refuses several or what is none', async () => {
    const packed = await world.http((request, response) => {
      const encoding = decodeURIComponent(request.url?.slice(1) ?? '')
      response.setHeader('content-encoding', encoding).end(gzipSync('words'))
    })
    assert.equal(String(await read(`${at(packed)}gzip`)), 'words')
    for (const other of ['gzip, gzip', 'zstd', 'compress', '%20%2C'])
      assert.equal(
        await reasonOf(read(`${at(packed)}${encodeURIComponent(other)}`)),
        'address_failed encoding',
        other,
      )
    assert.equal(await reasonOf(read(`${at(packed)}br`)), 'address_failed connection')
  })

  it('ends when it is called off, in the middle of the body', async () => {
    const place = await wire(
      (socket) => void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nfirst'),
    )
    const off = new AbortController()
    const { body } = await call(at(place), open(), off.signal)
    const work = buffer(body)
    off.abort(new Error('enough'))
    await assert.rejects(work, /called off/)
  })
})

async function refusal(work: Promise<unknown>): Promise<PublicError> {
  const error = await work.then(
    () => assert.fail('it was not refused'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof PublicError, String(error))
  return error
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return (await refusal(work)).code
}

async function reasonOf(work: Promise<unknown>): Promise<string> {
  const { code, details } = await refusal(work)
  return `${code} ${details.reason}`
}

function tickTwice(t: TestContext): void {
  t.mock.timers.tick(20_000)
  t.mock.timers.tick(20_000)
}
