import assert from 'node:assert/strict'
import { get } from 'node:http'
import { networkInterfaces } from 'node:os'
import { buffer } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import { type OutsideWorld, openWorld } from '#test/outside-world.ts'
import { PublicError } from '../../errors.ts'
import { isInside } from './inside-address.ts'
import { type Outbound, type OutboundOptions, openOutbound } from './outbound.ts'

/** Ways to write this machine; PORT stands where the port goes. */
const LOOPBACK_FORMS = [
  'http://127.0.0.1:PORT/',
  'http://127.1:PORT/',
  'http://127.0.1:PORT/',
  'http://127.255.255.254:PORT/',
  'http://127.000.000.001:PORT/',
  'http://2130706433:PORT/',
  'http://017700000001:PORT/',
  'http://0x7f000001:PORT/',
  'http://0x7F.1:PORT/',
  'http://0177.0.0.1:PORT/',
  'http://0x7f.0x0.0x0.0x1:PORT/',
  'http://0:PORT/',
  'http://0.0.0.0:PORT/',
  'http://127.0.0.1.:PORT/',
  'http://[::1]:PORT/',
  'http://[0:0:0:0:0:0:0:1]:PORT/',
  'http://[::]:PORT/',
  'http://[::ffff:127.0.0.1]:PORT/',
  'http://[::ffff:7f00:1]:PORT/',
  'http://[0:0:0:0:0:ffff:127.0.0.1]:PORT/',
  'http://[::127.0.0.1]:PORT/',
  'http://localhost:PORT/',
  'http://LOCALHOST:PORT/',
  'http://localhost.:PORT/',
  'http://anything.localhost:PORT/',
  'http://①②⑦.⓪.⓪.①:PORT/',
  'http://１２７.０.０.１:PORT/',
  'http://127。0。0。1:PORT/',
  'http://127.0.0%2E1:PORT/',
  'http://127%2e0%2e0%2e1:PORT/',
  'http:127.0.0.1:PORT/',
  'http:\\\\127.0.0.1:PORT\\',
  'http://user@127.0.0.1:PORT/',
  'http://public.example@127.0.0.1:PORT/',
  'http://127.0.0.1:PORT#@public.example/',
  'http://127.0.0.1\t:PORT/',
]

/** Places inside that are not this machine, and spellings of them. */
const INSIDE_FORMS = [
  'http://10.0.0.1/',
  'http://10.255.255.255/',
  'http://172.16.0.1/',
  'http://172.31.255.255/',
  'http://192.168.1.1/',
  'http://100.64.0.1/',
  'http://169.254.169.254/latest/meta-data/',
  'http://2852039166/',
  'http://0xa9fea9fe/',
  'http://0251.0376.0251.0376/',
  'http://168.63.129.16/',
  'http://192.0.0.192/',
  'http://192.0.2.1/',
  'http://198.18.0.1/',
  'http://198.51.100.1/',
  'http://203.0.113.1/',
  'http://192.88.99.1/',
  'http://224.0.0.1/',
  'http://239.255.255.250/',
  'http://240.0.0.1/',
  'http://255.255.255.255/',
  'http://[::ffff:10.0.0.1]/',
  'http://[::ffff:169.254.169.254]/',
  'http://[::10.0.0.1]/',
  'http://[64:ff9b::10.0.0.1]/',
  'http://[64:ff9b::7f00:1]/',
  'http://[64:ff9b:1::a00:1]/',
  'http://[64:ff9b::808:808]/',
  'http://[2002:7f00:1::]/',
  'http://[2002:a9fe:a9fe::1]/',
  'http://[2001:0:7f00:1::1]/',
  'http://[2001:db8::1]/',
  'http://[3fff::1]/',
  'http://[fe80::1]/',
  'http://[fec0::1]/',
  'http://[fc00::1]/',
  'http://[fd00:ec2::254]/',
  'http://[ff02::1]/',
  'http://[100::1]/',
  'http://[5f00::1]/',
]

const NOT_WEB = [
  ['ftp://public.example/', 'scheme'],
  ['file:///etc/passwd', 'scheme'],
  ['gopher://public.example/', 'scheme'],
  ['javascript:alert(1)', 'scheme'],
  ['data:application/pdf,x', 'scheme'],
  ['ws://public.example/', 'scheme'],
  ['http://user:word@public.example/', 'credentials'],
  ['http://user@public.example/', 'credentials'],
  ['http://public.example:22/', 'port'],
  ['http://public.example:5432/', 'port'],
  ['https://public.example:25/', 'port'],
  ['http://', 'form'],
  ['http://[fe80::1%25eth0]/', 'form'],
  ['public.example/file.pdf', 'form'],
  ['//public.example/', 'form'],
  ['http://1.2.3.4.5.6/', 'form'],
  ['http://256.1.1.1/', 'form'],
  ['http://pub lic.example/', 'form'],
  [`http://public.example/${'a'.repeat(2_048)}`, 'form'],
  ['', 'form'],
] as const

describe('calls to addresses outside', () => {
  let world: OutsideWorld
  const notes: string[] = []
  /** Rebinds at the second question; `mixed` shows one face of each kind. */
  const names = (name: string, family: 4 | 6, asked: number) => {
    if (name === 'rebinding.example') return family === 6 ? [] : [asked === 1 ? '127.0.0.1' : '10.0.0.1']
    if (name === 'turned.example') return family === 6 ? [] : ['10.0.0.1']
    if (name === 'mixed.example') return family === 6 ? ['::1'] : ['93.184.216.34']
    if (name === 'mapped.example') return family === 6 ? ['::ffff:10.0.0.1'] : []
    if (name === 'nat64.example') return family === 6 ? ['64:ff9b::a00:1'] : []
    if (name === 'empty.example') return []
    if (name === 'silent.example') return 'silence' as const
    if (name.endsWith('here.example')) return family === 6 ? [] : ['127.0.0.1']
    return null
  }

  before(async () => {
    world = await openWorld(names)
  })
  after(() => world.stop())

  function open(options: Partial<OutboundOptions> = {}): Outbound {
    return openOutbound({
      allowsLoopback: true,
      servers: [world.nameServer],
      ca: [world.ca],
      note: async ({ kind, localPort }) => {
        assert.ok(localPort > 0)
        notes.push(`begin ${kind}`)
        return async () => void notes.push(`end ${kind}`)
      },
      ...options,
    })
  }
  const call = (url: string, outbound = open(), signal = new AbortController().signal) =>
    outbound.call({ kind: 'capture', region: 'eu', url, signal })
  const read = async (url: string, outbound = open()) => buffer((await call(url, outbound)).body)
  async function refusal(work: Promise<unknown>): Promise<PublicError> {
    const error = await work.then(
      () => assert.fail('it was not refused'),
      (thrown: unknown) => thrown,
    )
    assert.ok(error instanceof PublicError, String(error))
    return error
  }
  const codeOf = async (work: Promise<unknown>) => (await refusal(work)).code
  const reasonOf = async (work: Promise<unknown>) => {
    const { code, details } = await refusal(work)
    return `${code} ${details.reason}`
  }

  it('reaches this machine in no spelling, of which an unguarded client reaches most', async (t) => {
    const place = await world.http((_, response) => response.end('inside'))
    const outbound = open({ allowsLoopback: false, ports: [place.port] })
    const at = (form: string) => form.replace('PORT', String(place.port))
    for (const form of LOOPBACK_FORMS) {
      const reason = await reasonOf(call(at(form), outbound))
      assert.match(reason, /^address_refused (inside|credentials|form)$/, form)
    }
    assert.equal(place.visits(), 0)
    const reached = await Promise.all(LOOPBACK_FORMS.map((form) => reaches(at(form))))
    t.diagnostic(`${reached.filter(Boolean).length} of ${LOOPBACK_FORMS.length} forms reach it unguarded`)
    assert.ok(reached.filter(Boolean).length > 20)
  })

  it('refuses every range that is not public, in every spelling', async () => {
    for (const form of INSIDE_FORMS) {
      assert.equal(await reasonOf(call(form)), 'address_refused inside', form)
      assert.equal(
        await reasonOf(open().check('webhook', form.replace('http:', 'https:'))),
        'address_refused inside',
      )
    }
    for (const address of ['93.184.216.34', '8.8.8.8', '2606:2800:220:1:248:1893:25c8:1946', '2a00:1450::1'])
      assert.equal(isInside(address), false, address)
  })

  it('refuses this machine’s own addresses', () => {
    const own = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
    assert.ok(own.length > 0)
    for (const { address } of own) assert.equal(isInside(address), true, address)
  })

  it('refuses what is no address of the web, says why, and asks nobody', async () => {
    for (const [form, reason] of NOT_WEB)
      assert.equal(await reasonOf(call(form)), `address_refused ${reason}`, form)
    assert.equal(world.asked('public.example'), 0)
    const webhook = { kind: 'webhook', region: 'eu', signal: new AbortController().signal } as const
    assert.equal(
      await reasonOf(open().call({ ...webhook, url: 'http://public.example/' })),
      'address_refused scheme',
    )
    assert.equal(
      await reasonOf(open().call({ ...webhook, url: 'https://public.example:8080/' })),
      'address_refused port',
    )
  })

  it('resolves a name once and connects to what was judged, though the name turns inside', async () => {
    const place = await world.http((request, response) => response.end(request.headers.host))
    const url = `http://rebinding.example:${place.port}/`
    const outbound = open({ ports: [place.port] })
    assert.equal(String(await read(url, outbound)), `rebinding.example:${place.port}`)
    assert.equal(world.asked('rebinding.example'), 1)
    assert.equal(await reasonOf(call(url, outbound)), 'address_refused inside')
    assert.equal(place.visits(), 1)
  })

  it('refuses a name that leads inside, also beside a public address', async () => {
    for (const name of ['turned', 'mapped', 'nat64'])
      assert.equal(await reasonOf(call(`http://${name}.example/`)), 'address_refused inside', name)
    assert.equal(
      await reasonOf(call('http://mixed.example/', open({ allowsLoopback: false }))),
      'address_refused inside',
    )
  })

  it('tells a name that nobody has from one that cannot be asked for', async () => {
    assert.equal(await codeOf(call('http://nobody.example/')), 'address_unknown')
    assert.equal(await codeOf(call('http://empty.example/')), 'address_unknown')
    const closed = await world.http(() => undefined)
    const deaf = open({ servers: ['127.0.0.1:1'], ports: [closed.port] })
    assert.equal(await codeOf(call('http://here.example/', deaf)), 'address_unreachable')
  })

  it('stops asking a name server that stays silent when it is called off', async () => {
    const off = new AbortController()
    const work = call('http://silent.example/', open(), off.signal)
    off.abort(new Error('enough'))
    await assert.rejects(work, /enough/)
  })

  it('says of an address that cannot be judged in time that it timed out', async (t) => {
    t.mock.method(AbortSignal, 'timeout', () => AbortSignal.abort(new DOMException('late', 'TimeoutError')))
    assert.equal(await codeOf(open().check('webhook', 'https://silent.example/')), 'address_timed_out')
  })

  it('follows redirects, and judges each hop again', async () => {
    const place = await world.http((request, response) => {
      const to = new URL(request.url ?? '', 'http://here').searchParams.get('to')
      if (to === null) return void response.end('arrived')
      response.writeHead(302, { location: to }).end()
    })
    const from = (to: string) => `http://localhost:${place.port}/?to=${encodeURIComponent(to)}`
    assert.equal(String(await read(from('/here'))), 'arrived')
    const bad: [string, string][] = [
      ['http://10.0.0.1/', 'inside'],
      ['http://169.254.169.254/latest/meta-data/', 'inside'],
      ['http://[::ffff:10.0.0.1]/', 'inside'],
      ['http://turned.example/', 'inside'],
      ['//2852039166/', 'inside'],
      ['file:///etc/passwd', 'scheme'],
      ['gopher://here.example/', 'scheme'],
      ['http://user:word@here.example/', 'credentials'],
      ['http://here.example:22/', 'port'],
      ['http://[', 'form'],
    ]
    for (const [to, reason] of bad)
      assert.equal(await reasonOf(call(from(to))), `address_refused ${reason}`, to)
    // A hop that leads to another one that leads inside.
    assert.equal(await reasonOf(call(from(from('http://10.0.0.1/')))), 'address_refused inside')
  })

  it('does not follow from an encrypted place to one that is not', async () => {
    const plain = await world.http((_, response) => response.end('plain'))
    const secure = await world.https((_, response) =>
      response.writeHead(301, { location: `http://localhost:${plain.port}/` }).end(),
    )
    assert.equal(await reasonOf(call(`https://localhost:${secure.port}/`)), 'address_refused downgrade')
    assert.equal(plain.visits(), 0)
  })

  it('ends a circle of redirects after five', async () => {
    const place = await world.http((_, response) => response.writeHead(302, { location: '/again' }).end())
    assert.equal(await reasonOf(call(`http://localhost:${place.port}/`)), 'address_failed redirects')
    assert.equal(place.visits(), 6)
  })

  it('follows nothing for a webhook', async () => {
    const place = await world.https((_, response) => response.writeHead(307, { location: '/again' }).end())
    const signal = new AbortController().signal
    const url = `https://localhost:${place.port}/`
    const answer = await open().call({ kind: 'webhook', region: 'eu', url, body: '{}', signal })
    assert.equal(answer.status, 307)
    answer.body.destroy()
    assert.equal(place.visits(), 1)
  })

  it('sends no cookie, credential or referrer, and keeps none between calls', async () => {
    const seen: object[] = []
    const place = await world.http((request, response) => {
      seen.push(request.headers)
      response.setHeader('set-cookie', 'a=b')
      if (request.url === '/') response.writeHead(302, { location: '/next' })
      response.end('x')
    })
    await read(`http://localhost:${place.port}/`)
    assert.equal(seen.length, 2)
    for (const headers of seen)
      assert.deepEqual(Object.keys(headers).sort(), ['accept-encoding', 'connection', 'host', 'user-agent'])
  })

  it('goes through no proxy', async () => {
    const place = await world.http((_, response) => response.end('direct'))
    const kept = { ...process.env }
    Object.assign(process.env, {
      http_proxy: 'http://127.0.0.1:1',
      HTTP_PROXY: 'http://127.0.0.1:1',
      NODE_USE_ENV_PROXY: '1',
    })
    try {
      assert.equal(String(await read(`http://localhost:${place.port}/`)), 'direct')
    } finally {
      process.env = kept
    }
  })

  it('trusts a certificate only of an authority it knows, for the host that was asked for', async () => {
    const place = await world.https((_, response) => response.end('secret'), ['there.example'])
    const right = await world.https((_, response) => response.end('secret'), ['a.here.example', '127.0.0.1'])
    const known = open({ ports: [place.port, right.port] })
    const stranger = openOutbound({
      allowsLoopback: true,
      servers: [world.nameServer],
      ports: [right.port],
      note: async () => async () => undefined,
    })
    assert.equal(String(await read(`https://a.here.example:${right.port}/`, known)), 'secret')
    assert.equal(String(await read(`https://127.0.0.1:${right.port}/`, known)), 'secret')
    assert.equal(await codeOf(call(`https://a.here.example:${right.port}/`, stranger)), 'address_untrusted')
    assert.equal(await codeOf(call(`https://a.here.example:${place.port}/`, known)), 'address_untrusted')
    const plain = await world.http((_, response) => response.end('no TLS'))
    assert.equal(await codeOf(call(`https://localhost:${plain.port}/`, known)), 'address_untrusted')
  })

  it('notes every connection, and its end', async () => {
    notes.length = 0
    const place = await world.http((_, response) => response.end('x'))
    await read(`http://localhost:${place.port}/`)
    await until(() => notes.includes('end capture'))
    assert.deepEqual(notes, ['begin capture', 'end capture'])
    const failing = open({ note: () => Promise.reject(new Error('no notes today')) })
    let asked = 0
    const silent = await world.http((_, response) => {
      asked++
      response.end()
    })
    await assert.rejects(call(`http://localhost:${silent.port}/`, failing), /no notes today/)
    assert.equal(asked, 0)
  })

  it('says of a place that does not listen that it cannot be reached', async () => {
    assert.equal(await codeOf(call('http://127.0.0.1:1/')), 'address_unreachable')
  })
})

/** Whether a client without guards gets there. */
function reaches(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    try {
      get(new URL(url), { timeout: 2_000 }, (answer) => {
        answer.resume()
        resolve(answer.statusCode === 200)
      }).on('error', () => resolve(false))
    } catch {
      resolve(false)
    }
  })
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve))
}
