import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { after, before, test } from 'node:test'
import { type CappedChild, CappedChildFailure, type ChildCaps, runCapped } from './capped-child.ts'
import { type Confinement, findConfinement } from './confinement.ts'
import { openWorkFolder, openWorkRoot } from './work-folder.ts'

const caps: ChildCaps = {
  wallMilliseconds: 10_000,
  cpuSeconds: 5,
  memoryBytes: 256 * 2 ** 20,
  outputBytes: 2 ** 20,
}

let place: string
let workRoot: string
let confinement: Confinement

before(async () => {
  place = await mkdtemp(join(tmpdir(), 'panoply-capped-'))
  workRoot = await openWorkRoot(place)
  confinement = await findConfinement()
})
after(async () => {
  await rm(place, { recursive: true, force: true })
  await rm(workRoot, { recursive: true, force: true })
})

async function child(source: string, more: Partial<CappedChild> = {}): Promise<CappedChild> {
  const script = join(place, `${Math.random().toString(36).slice(2)}.mjs`)
  await writeFile(script, source)
  return { script, args: [], reads: [], folder: place, caps, confinement, ...more }
}

async function outputOf(wanted: CappedChild): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of runCapped(wanted)) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

async function endOf(wanted: CappedChild): Promise<string> {
  const error: unknown = await outputOf(wanted).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof CappedChildFailure, String(error))
  return error.reason
}

test('a child gets its input and gives its output', async () => {
  const echo = 'for await (const chunk of process.stdin) process.stdout.write(String(chunk).toUpperCase())'
  assert.equal(await outputOf(await child(echo, { input: Readable.from([Buffer.from('quiet')]) })), 'QUIET')
})

test('a child that computes for ever ends by time, by the clock and by the processor', async () => {
  const loop = 'for (;;);'
  assert.equal(await endOf(await child(loop, { caps: { ...caps, wallMilliseconds: 500 } })), 'time')
  assert.equal(await endOf(await child(loop, { caps: { ...caps, cpuSeconds: 1 } })), 'time')
})

test('a child that takes too much memory ends by memory, on its heap and off it', async () => {
  const onHeap = 'const kept = []; for (;;) kept.push({ a: [kept.length] })'
  const offHeap =
    'const kept = []; for (;;) { kept.push(Buffer.alloc(2 ** 22, 1)); await new Promise((r) => setTimeout(r, 1)) }'
  assert.equal(await endOf(await child(onHeap)), 'memory')
  assert.equal(await endOf(await child(offHeap)), 'memory')
})

test('a child that writes without end ends by output', async () => {
  assert.equal(
    await endOf(
      await child(
        "for (;;) if (!process.stdout.write('x'.repeat(65536))) await new Promise((r) => process.stdout.once('drain', r))",
      ),
    ),
    'output',
  )
})

test('a child that fails ends by crash, and what it said is not in the message', async () => {
  const wanted = await child("throw new Error('a secret passage')")
  const error: unknown = await outputOf(wanted).catch((reason: unknown) => reason)
  assert.ok(error instanceof CappedChildFailure)
  assert.equal(error.reason, 'crash')
  assert.ok(!error.message.includes('secret'))
})

test('a child sees no environment, no other file, and starts no process', async () => {
  const look = `
    import { readFileSync } from 'node:fs'
    import { spawnSync } from 'node:child_process'
    const tried = (run) => { try { run(); return 'yes' } catch (error) { return error.code } }
    process.stdout.write(JSON.stringify({
      environment: Object.keys(process.env),
      passwords: tried(() => readFileSync('/etc/passwd')),
      process: tried(() => spawnSync('true')),
    }))`
  assert.deepEqual(JSON.parse(await outputOf(await child(look))), {
    environment: [],
    passwords: 'ERR_ACCESS_DENIED',
    process: 'ERR_ACCESS_DENIED',
  })
})

test('a child has no network where the system can take it away', async (t) => {
  if (confinement.network !== 'none') return t.skip('this system does not let us take the network away')
  const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const dial = `
    import { connect } from 'node:net'
    connect(${port}, '127.0.0.1').on('connect', () => { console.log('connected'); process.exit() }).on('error', (e) => console.log(e.code))`
  const said = await outputOf(await child(dial))
  server.close()
  assert.match(said, /ENETUNREACH|ECONNREFUSED|EADDRNOTAVAIL/)
})

test('a reader that stops early ends the child, and an abort does too', async () => {
  const talk = "setInterval(() => process.stdout.write(String(process.pid) + '\\n'), 5)"
  let pid = 0
  for await (const chunk of runCapped(await child(talk))) {
    pid = Number(chunk.toString().split('\n')[0])
    break
  }
  assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
  const stop = new AbortController()
  const reason = new Error('stopped')
  const running = outputOf(await child('setInterval(() => {}, 1000)', { signal: stop.signal }))
  stop.abort(reason)
  await assert.rejects(running, reason)
})

test('an input that breaks is the answer', async () => {
  const broken = new Readable({
    read() {
      this.destroy(new Error('the blob is broken'))
    },
  })
  await assert.rejects(
    outputOf(await child('process.stdin.resume()', { input: broken })),
    /the blob is broken/,
  )
})

test('a work folder is private, and what a killed worker left is wiped', async () => {
  const left = await openWorkFolder(workRoot)
  await writeFile(join(left.path, 'page'), 'text')
  await openWorkRoot(place)
  assert.deepEqual(await readdir(workRoot), [])
})
