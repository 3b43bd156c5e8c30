import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openKeeperClient } from './keeper-client.ts'

interface Question {
  id: number
  op: string
  role: string
}

/** A peer that says what the test tells it to. */
async function aPeer(path: string, onQuestion: (question: Question, socket: Socket) => void) {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk
      const lines = text.split('\n')
      text = lines.pop() ?? ''
      for (const line of lines) onQuestion(JSON.parse(line), socket)
    })
  })
  server.listen(path)
  await once(server, 'listening')
  return async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  }
}

function aPath() {
  const folder = mkdtempSync(join(tmpdir(), 'panoply-client-'))
  return { path: join(folder, 's'), [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) }
}

const region = 'eu'
const answer = ({ id, role }: Question) =>
  `${JSON.stringify({ id, answer: { password: role, version: 1 } })}\n`
const unavailable = { name: 'PublicError', code: 'keeper_unavailable' }

test('questions are pipelined, and answers in any order find theirs', async () => {
  using place = aPath()
  const held: Question[] = []
  const stop = await aPeer(place.path, (question, socket) => {
    held.push(question)
    if (held.length === 3) socket.write(held.toReversed().map(answer).join(''))
  })
  const client = openKeeperClient({ socket: place.path })
  const answers = await Promise.all(['a', 'b', 'c'].map((role) => client.ask('login', { region, role })))
  assert.deepEqual(
    answers.map(({ password }) => password),
    ['a', 'b', 'c'],
  )
  client.close()
  await assert.rejects(client.ask('login', { region, role: 'd' }), unavailable)
  await stop()
})

test('what was sent when the connection broke fails at once and is never sent again; the next question gets through', async () => {
  using place = aPath()
  const seen: string[] = []
  const stop = await aPeer(place.path, (question, socket) => {
    seen.push(question.role)
    if (question.role === 'lost') socket.destroy()
    else socket.write(answer(question))
  })
  const client = openKeeperClient({ socket: place.path })
  await assert.rejects(client.ask('login', { region, role: 'lost' }), unavailable)
  assert.equal((await client.ask('login', { region, role: 'next' })).password, 'next')
  assert.deepEqual(seen, ['lost', 'next'])
  client.close()
  await stop()
})

test('a keeper that is just starting is waited for, one that stays away is not', async () => {
  using place = aPath()
  const patient = openKeeperClient({ socket: place.path })
  const asked = patient.ask('login', { region, role: 'early' })
  const hurried = openKeeperClient({ socket: place.path, timeout: 30 })
  await assert.rejects(hurried.ask('login', { region, role: 'x' }), unavailable)
  const stop = await aPeer(place.path, (question, socket) => socket.write(answer(question)))
  assert.equal((await asked).password, 'early')
  patient.close()
  hurried.close()
  await stop()
})

test('no answer in time and an answer of another form are errors; a refusal keeps its code', async () => {
  using place = aPath()
  const stop = await aPeer(place.path, (question, socket) => {
    if (question.role === 'form') socket.write(`{"id":${question.id},"answer":{"password":7}}\n`)
    if (question.role === 'no')
      socket.write(`{"id":${question.id},"error":{"code":"refused","message":"no"}}\n`)
    if (question.role === 'full')
      socket.write(`{"id":${question.id},"error":{"code":"full","message":"no"}}\n`)
  })
  const client = openKeeperClient({ socket: place.path, timeout: 200 })
  await assert.rejects(client.ask('login', { region, role: 'full' }), {
    name: 'PublicError',
    code: 'storage_full',
  })
  await assert.rejects(client.ask('login', { region, role: 'form' }), {
    name: 'KeeperRefusal',
    code: 'failed',
  })
  await assert.rejects(client.ask('login', { region, role: 'no' }), {
    name: 'KeeperRefusal',
    code: 'refused',
  })
  await assert.rejects(client.ask('login', { region, role: 'silence' }), unavailable)
  client.close()
  await stop()
})
