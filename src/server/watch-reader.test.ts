/** Files on their way out, on a real server with small bounds: who does not take one loses its turn, who is only slow gets it whole. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { Limits } from '#core/limits/limits.ts'
import { silentLog } from '#core/log.ts'
import { fileForm } from '#test/ask.ts'
import { largePdf } from '#test/large-pdf.ts'
import { type OwnHouse, openHouse, type Resident } from '#test/own-house.ts'
import { WIDE_LIMITS } from '#test/wide-limits.ts'
import { buildApp } from './app.ts'
import { allRoutes } from './route-table.ts'

/** More than the buffers of a connection hold. */
const SIZE = 24 * 1024 * 1024

const SPAN_MS = 800

/** Turns of files that are taken now. */
let taken = 0

class CountedLimits extends Limits {
  override async begin(...asked: Parameters<Limits['begin']>): Promise<() => void> {
    const leave = await super.begin(...asked)
    if (asked[2] !== 'stream') return leave
    taken++
    let isOver = false
    return () => {
      if (!isOver) taken--
      isOver = true
      leave()
    }
  }
}

let house: OwnHouse
let resident: Resident
let app: FastifyInstance
let server: Server
let port = 0
let url = ''

before(async () => {
  house = await openHouse()
  resident = await house.aResident()
  app = await buildApp({
    ctx: { ...house.ctx, limits: new CountedLimits(WIDE_LIMITS, house.ctx.now) },
    log: silentLog(),
    routes: allRoutes(),
    hosts: { arrivalOf: () => 'eu', regionOf: () => 'eu' },
    trustedProxies: [],
    readers: { bytes: 64 * 1024, ms: SPAN_MS },
  })
  await app.ready()
  const form = fileForm('large.pdf', largePdf(SIZE))
  const headers = { authorization: `Bearer ${resident.token}`, 'content-type': form.type }
  const added = await app.inject({ method: 'POST', url: '/v1/documents', headers, payload: form.bytes })
  assert.equal(added.statusCode, 201, added.body)
  url = `/v1/documents/${added.json().id}/content`
  server = createServer((request, response) => app.routing(request, response))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  port = typeof address === 'object' && address ? address.port : 0
})
after(async () => {
  server.closeAllConnections()
  server.close()
  await app.close()
  await house.stop()
})

const wanted = (from = 0) =>
  `GET ${url} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${resident.token}\r\nRange: bytes=${from}-\r\n\r\n`

const turns = async (count: number) => {
  while (taken !== count) await pause(5)
}

/** A connection that asked, whose download has begun, and that reads nothing by itself. */
async function aReader(question = wanted()) {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  socket.pause()
  socket.write(question)
  await turns(1)
  return socket
}

test('a download that nobody takes ends, and its turn comes free, whatever is sent meanwhile', async () => {
  const socket = await aReader()
  const chatter = setInterval(() => socket.write('\r\n'), 20)
  await turns(0)
  clearInterval(chatter)
  socket.destroy()
})

test('a download that is taken by drops ends, too', async () => {
  const socket = await aReader()
  const drops = setInterval(() => socket.read(100), 20)
  await turns(0)
  clearInterval(drops)
  socket.destroy()
})

test('a reader that is slow but moves gets the file whole', async () => {
  const socket = await aReader()
  const begun = performance.now()
  // In gulps of a megabyte: what lies in the buffers of a connection comes free in large pieces, and a machine with other work
  // stretches every pause.
  const gulp = 1024 * 1024
  for (let got = 0, rest = 0; got < SIZE; ) {
    const piece: Buffer | null = socket.read()
    got += piece?.length ?? 0
    await pause(Math.floor(got / gulp) > rest ? SPAN_MS / 20 : 0)
    rest = Math.floor(got / gulp)
    assert.ok(!socket.readableEnded && !socket.destroyed, `cut off after ${got} bytes`)
  }
  assert.ok(performance.now() - begun > SPAN_MS, 'it took longer than the span')
  socket.destroy()
  await turns(0)
})

test('a download that waits behind another answer of its connection gives its turn back when that connection ends, or does not move', async () => {
  const endless = `GET /v1/notifications/unread HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\nAuthorization: Bearer ${resident.token}\r\n\r\n`
  for (const end of ['ends', 'stays'] as const) {
    const socket = await aReader(endless + wanted())
    if (end === 'ends') socket.destroy()
    await turns(0)
    socket.destroy()
  }
})
