import assert from 'node:assert/strict'
import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { fileForm } from '../ask.ts'
import { drained, until } from '../drained.ts'
import {
  type DemoTenant,
  type Installation,
  processesOf,
  processesOfRole,
  startInstallation,
} from '../installation.ts'
import { onePagePdf } from '../one-page-pdf.ts'
import { aMember, expectStatus } from '../people.ts'
import { sendByTus } from '../tus-client.ts'
import { type Clean, scanFor } from './scan-for.ts'

/** In every planted word, and nowhere else in the world. */
const STEM = 'zqvxplant'
const word = (name: string): string => `${STEM}${name}`

/** What lies in memory and could be this installation's: everything for root, one's own for anybody else; but not where all tests work. */
function ownMemoryFolders(folder: string): string[] {
  const uid = process.getuid?.()
  return readdirSync('/dev/shm')
    .map((name) => join('/dev/shm', name))
    .filter((path) => !folder.startsWith(`${path}/`))
    .filter((path) => uid === 0 || statSync(path, { throwIfNoEntry: false })?.uid === uid)
}

describe('everything at rest', () => {
  let house: Installation
  let acme: DemoTenant
  const clean: Clean = new Map()

  before(async () => {
    house = await startInstallation()
    acme = house.tenants[0]
  })
  after(() => house?.stop())

  function leaks() {
    const scan = scanFor(STEM, [house.folder], clean)
    assert.ok(
      scan.files > 1000 && scan.bytes > 50_000_000,
      `looked at ${scan.files} files, ${scan.bytes} bytes`,
    )
    // Memory that is mapped changes without its file's time.
    return [...scan.leaks, ...scanFor(STEM, ownMemoryFolders(house.folder)).leaks]
  }

  async function upload(name: string, pages: readonly string[], title: string): Promise<string> {
    const form = fileForm(name, onePagePdf(...pages), 'application/pdf', title)
    // A scan holds everything up for seconds: which connections the server closed meanwhile is heard of first.
    await nextTurn()
    await nextTurn()
    const reply = await house.ask(`${acme.url}/v1/documents`, { apiKey: acme.apiKey, body: form })
    expectStatus(reply, 201)
    return reply.json.id
  }

  /** Kills every process at once and starts again on what is there. */
  async function restartAll(): Promise<void> {
    for (const { pid } of processesOf(house.pid)) kill(pid)
    const { folder } = house
    const port = Number(new URL(house.url).port)
    await house.stop('keep')
    assert.deepEqual(leaks(), [])
    house = await startInstallation({ folder, port })
    acme = house.tenants[0]
  }

  it('planted-words: PD-03 fails when a word stands anywhere', () => {
    const path = join(house.home, 'logs', 'planted.log')
    writeFileSync(path, word('control'))
    assert.equal(leaks()[0]?.path, path)
    writeFileSync(path, '')
    assert.deepEqual(leaks(), [])
  })

  it('holds none of the words planted in every field', async () => {
    const agent = { 'user-agent': word('agent') }
    const ask: Installation['ask'] = (url, question = {}) =>
      house.ask(url, { apiKey: acme.apiKey, ...question, headers: { ...agent, ...question.headers } })
    const member = await aMember(house, acme, word('mailbox'))
    const id = await upload(
      `${word('filename')}.pdf`,
      [`${word('pagetext')} is written here and ${word('again')}`],
      word('title'),
    )
    await drained(house, acme)
    const quote = { exact: `${word('pagetext')} is written`, suffix: ' here' }
    const texts = { insight: word('insight'), note: word('note'), tags: [word('tag')] }
    const snip = await ask(`${acme.url}/v1/snips`, {
      json: { documentId: id, page: 1, kind: 'text', quote, ...texts },
    })
    expectStatus(snip, 201)
    const rects = [{ x: 60, y: 90, width: 200, height: 60 }]
    expectStatus(
      await ask(`${acme.url}/v1/snips`, { json: { documentId: id, page: 1, kind: 'area', rects, ...texts } }),
      201,
    )
    const changed = { insight: word('changedinsight'), note: word('changednote'), tags: [word('changedtag')] }
    expectStatus(await ask(`${acme.url}/v1/snips/${snip.json.id}`, { method: 'PATCH', json: changed }), 200)
    expectStatus(
      await ask(`${acme.url}/v1/documents/${id}`, { method: 'PATCH', json: { title: word('newtitle') } }),
      200,
    )
    expectStatus(await ask(`${acme.url}/v1/search?q=${word('query')}`), 200)
    expectStatus(await ask(`${acme.url}/v1/api-keys`, { json: { name: word('keyname') } }), 201)
    expectStatus(await house.ask(`${acme.url}/v1/me`, { session: member.session, headers: agent }), 200)
    const people = await ask(`${acme.url}/v1/people`)
    const person = people.json.items.find(({ email }: { email: string }) => email === member.email)
    await ask(`${acme.url}/v1/people/${person.id}`, {
      method: 'PATCH',
      json: { displayName: word('displayname') },
    })
    await ask(`${acme.url}/v1/organisation`, { method: 'PATCH', json: { name: word('organisation') } })
    // What is refused leaves traces too: the log of refusals, of errors, of mail.
    const wrong = { email: `${word('stranger')}@acme.example`, password: word('password') }
    await house.ask(`${acme.url}/v1/sessions`, { json: wrong, headers: agent })
    await house.ask(`${acme.url}/v1/sessions`, {
      json: { ...acme.owner, password: word('wrongpassword') },
      headers: agent,
    })
    await house.ask(`${acme.url}/v1/${word('path')}?${word('key')}=${word('value')}`, {
      headers: { ...agent, referer: `https://x.example/${word('referer')}` },
    })
    await ask(`${acme.url}/v1/snips`, { json: { [word('unknownkey')]: word('unknownvalue') } })
    await ask(`${acme.url}/v1/snips`, {
      body: { type: 'application/json', bytes: `{"note":"${word('brokenjson')}` },
    })
    await ask(`${acme.url}/v1/documents`, { body: fileForm('x.pdf', Buffer.from(word('nopdf'))) })
    const broken = Buffer.concat([
      onePagePdf(word('damaged')).subarray(0, 300),
      Buffer.from(word('damagedtail')),
    ])
    await ask(`${acme.url}/v1/documents`, { body: fileForm(`${word('damagedname')}.pdf`, broken) })
    const account = { displayName: word('newname'), country: 'SE' }
    await house.ask(`${acme.url}/v1/accounts`, {
      json: { ...account, email: `${word('newcomer')}@${word('domain')}.example` },
      headers: agent,
    })
    await house.ask(`${acme.url}/v1/accounts/verification`, {
      json: { token: 'eu.v.nobodys-link', password: word('newpassword') },
      headers: agent,
    })
    await drained(house, acme)
    await ask(`${acme.url}/v1/search?q=${word('pagetext')}`)
    assert.deepEqual(leaks(), [])
  })

  it('holds none after the worker was killed in the middle of a job', async () => {
    const pages = Array.from(
      { length: 600 },
      (_, page) => `${word('longtext')} stands on page ${page} and ${word('more')}`,
    )
    const id = await upload(`${word('longname')}.pdf`, pages, word('longtitle'))
    await until(async () => {
      const { json } = await house.ask(`${acme.url}/v1/documents/${id}`, { apiKey: acme.apiKey })
      return json.state === 'reading' || json.state === 'ready' ? true : undefined
    }, 'the reading to begin')
    for (const { pid } of processesOfRole(house, 'worker')) kill(pid)
    assert.deepEqual(leaks(), [])
    await drained(house, acme)
    assert.deepEqual(leaks(), [])
  })

  it('holds none of a half-sent upload, also when web and then everything is killed; and the upload goes on', async () => {
    const pages = Array.from({ length: 400 }, (_, page) => `${word('uploadtext')} stands on page ${page}`)
    const page = onePagePdf(...pages)
    const bytes = Buffer.concat([page, Buffer.from(`\n%${word('uploadtail')}`.repeat(1_500_000))])
    const metadata = { filename: `${word('uploadname')}.pdf`, title: word('uploadtitle') }
    let isKilled = false
    const sending = sendByTus(house, acme, bytes, {
      metadata,
      onProgress(done) {
        if (isKilled || done < bytes.length / 2) return
        isKilled = true
        for (const { pid } of processesOfRole(house, 'web')) kill(pid)
        assert.deepEqual(leaks(), [])
      },
      onBeforeRequest(request) {
        // Stopped at its second sending: it is half there when everything is killed.
        if (isKilled && request.getMethod() === 'PATCH') void sending.upload.abort()
      },
    })
    sending.done.catch(() => undefined)
    const half = await until(async () => {
      const { json } = await house
        .ask(`${acme.url}/v1/uploads`, { apiKey: acme.apiKey })
        .catch(() => ({ json: undefined }))
      const [found] = json?.items ?? []
      return isKilled && found && !found.isReceiving ? found : undefined
    }, 'the upload to be half there')
    assert.ok(half.offset > 0 && half.offset < bytes.length, `${half.offset} of ${bytes.length}`)
    assert.deepEqual(leaks(), [])
    await restartAll()
    assert.deepEqual(leaks(), [])
    const rest = sendByTus(house, acme, bytes, { uploadUrl: `${acme.url}/v1/uploads/${half.id}` })
    const document = await rest.done
    const found = await house.ask(`${acme.url}/v1/documents/${document}/content`, { apiKey: acme.apiKey })
    assert.ok(found.bytes.equals(bytes))
    await drained(house, acme)
    assert.deepEqual(leaks(), [])
  })

  it('holds none after everything was killed at once, nor after the next start', async () => {
    const pages = Array.from({ length: 600 }, (_, page) => `${word('lasttext')} stands on page ${page}`)
    const id = await upload(`${word('lastname')}.pdf`, pages, word('lasttitle'))
    await restartAll()
    await drained(house, acme)
    const { json } = await house.ask(`${acme.url}/v1/documents/${id}`, { apiKey: acme.apiKey })
    assert.equal(json.state, 'ready')
    assert.deepEqual(leaks(), [])
  })
})

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    // It ended by itself, its parent having gone before it.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}
