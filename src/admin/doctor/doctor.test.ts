import assert from 'node:assert/strict'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import type { Config } from '#core/config.ts'
import { makeStoppedHome, secretOf } from '#test/stopped-home.ts'
import type { Finding } from './finding.ts'
import { runDoctor } from './run-doctor.ts'

const isRoot = process.getuid?.() === 0

describe('the doctor', () => {
  let folder: string
  let config: Config
  let key: string

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'panoply-doctor-'))
    config = await makeStoppedHome(folder)
    key = secretOf(config)
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  interface Answer {
    readonly code: number
    readonly findings: readonly Finding[]
    of(check: string): Finding | undefined
  }

  async function ask(
    env: Record<string, string> = {},
    more: { now?: Date; appFolder?: string; home?: string } = {},
  ): Promise<Answer> {
    let text = ''
    const { home = config.home, ...options } = more
    const code = await runDoctor(['--home', home, '--json'], {
      ...options,
      env,
      write: (piece) => {
        text += piece
      },
    })
    assert.ok(!text.includes(key), 'the root key was told')
    const { findings }: { findings: Finding[] } = JSON.parse(text)
    for (const { state, means, todo, found } of findings) {
      assert.ok(found.length > 0)
      if (state !== 'ok') assert.ok(means && todo, `${found} says neither what it means nor what to do`)
    }
    return { code, findings, of: (check) => findings.find((one) => one.check === check) }
  }

  const mail = {
    PANOPLY_SMTP_URL: 'smtps://user:geheim@mail.example',
    PANOPLY_MAIL_FROM: 'panoply@acme.example',
  }

  it('finds nothing wrong with a home that is in order', async () => {
    const { code, findings } = await ask(mail)
    assert.deepEqual(
      findings.filter(({ state }) => state !== 'ok'),
      [],
    )
    assert.equal(code, 0)
    assert.ok(findings.length >= 14)
    assert.ok(!JSON.stringify(findings).includes('geheim'), 'the password of the mail server was told')
  })

  const broken: readonly [
    what: string,
    check: string,
    state: Finding['state'],
    breakIt: (home: Config) => void,
  ][] = [
    ['a root key that is gone', 'root key', 'failed', ({ rootKeyFile }) => rmSync(rootKeyFile)],
    ['a root key that is open', 'root key', 'failed', ({ rootKeyFile }) => chmodSync(rootKeyFile, 0o644)],
    [
      'a root key that is garbage',
      'root key',
      'failed',
      ({ rootKeyFile }) => writeFileSync(rootKeyFile, 'garbage'),
    ],
    [
      'a root key inside the home',
      'root key',
      'failed',
      (home) => {
        const inside = join(home.home, 'root.key')
        renameSync(home.rootKeyFile, inside)
        const file = join(home.home, 'installation.json')
        writeFileSync(file, readFileSync(file, 'utf8').replace(home.rootKeyFile, inside))
      },
    ],
    [
      'one replica that is gone',
      'keeper state',
      'due',
      ({ keeperFolder }) => rmSync(join(keeperFolder, 'replica/state.sealed')),
    ],
    [
      'both replicas cut off',
      'keeper state',
      'failed',
      ({ keeperFolder }) => {
        for (const name of ['state.sealed', 'replica/state.sealed']) truncateSync(join(keeperFolder, name), 3)
      },
    ],
    [
      'an authority that is gone',
      'certificates',
      'failed',
      ({ caCertificateFile }) => rmSync(caCertificateFile),
    ],
    [
      'a certificate that is garbage',
      'certificates',
      'failed',
      ({ regions }) => writeFileSync(regions[0].certificateFile, '-----BEGIN CERTIFICATE-----\nxx\n'),
    ],
    [
      'certificates that were swapped',
      'certificates',
      'failed',
      ({ regions: [eu, us] }) => writeFileSync(eu.certificateFile, readFileSync(us?.certificateFile ?? '')),
    ],
    [
      'a key of the web that is open',
      'modes',
      'failed',
      ({ regions }) => chmodSync(regions[0].certificateKeyFile, 0o644),
    ],
    ['a keeper folder that is open', 'modes', 'failed', ({ keeperFolder }) => chmodSync(keeperFolder, 0o755)],
    [
      'a database that is gone',
      'databases',
      'failed',
      ({ regions }) => rmSync(regions[0].cells[0].clusterFolder ?? '', { recursive: true }),
    ],
    [
      'a lock file of a server that was killed',
      'lock files',
      'due',
      ({ regions }) =>
        writeFileSync(join(regions[0].cells[0].clusterFolder ?? '', 'postmaster.pid'), '4194303\n/x\n'),
    ],
    [
      'a log without end',
      'logs',
      'due',
      ({ logFolder }) => {
        writeFileSync(join(logFolder, 'web.log'), '')
        truncateSync(join(logFolder, 'web.log'), 2 ** 27)
      },
    ],
    [
      'a description that is half there',
      'home',
      'failed',
      ({ home }) =>
        writeFileSync(
          join(home, 'installation.json'),
          '{"version":1,"port":1,"runFolder":"x","rootKeyFile":"y","regions":[{}]}',
        ),
    ],
    [
      'a description that is garbage',
      'home',
      'failed',
      ({ home }) => writeFileSync(join(home, 'installation.json'), '\0\0{'),
    ],
    [
      'a description that is a folder',
      'home',
      'failed',
      ({ home }) => {
        rmSync(join(home, 'installation.json'))
        mkdirSync(join(home, 'installation.json'))
      },
    ],
    [
      'a home that is a link',
      'home',
      'failed',
      ({ home }) => {
        renameSync(home, `${home}.real`)
        symlinkSync(`${home}.real`, home)
      },
    ],
    [
      'a home that is a file',
      'home',
      'failed',
      ({ home }) => {
        rmSync(home, { recursive: true })
        writeFileSync(home, 'x')
      },
    ],
    ['no home at all', 'home', 'failed', ({ home }) => rmSync(home, { recursive: true })],
    [
      'an empty home',
      'home',
      'failed',
      ({ home }) => {
        rmSync(home, { recursive: true })
        mkdirSync(home)
      },
    ],
    [
      'a lock and a list of children that are garbage',
      'processes',
      'ok',
      ({ home }) => {
        writeFileSync(join(home, 'up/up.pid'), '[[[')
        writeFileSync(join(home, 'up/children.json'), '"text"')
      },
    ],
  ]
  for (const [what, check, state, breakIt] of broken) {
    it(`sees ${what}`, async () => {
      breakIt(config)
      const answer = await ask(mail)
      assert.equal(answer.of(check)?.state, state, JSON.stringify(answer.findings, null, 1))
      assert.equal(answer.code, state === 'failed' ? 2 : state === 'due' ? 1 : 0)
    })
  }

  it('sees certificates that end soon, that ended, and a clock that stands before them', async () => {
    const later = (days: number) => ({ now: new Date(Date.now() + days * 86_400_000) })
    assert.equal((await ask(mail, later(800))).of('certificates')?.state, 'due')
    assert.equal((await ask(mail, later(900))).of('certificates')?.state, 'failed')
    const early = await ask(mail, later(-40))
    assert.equal(early.of('clock')?.state, 'failed')
  })

  it('sees a port that another program has', async () => {
    const other: Server = createServer()
    await new Promise<void>((resolve) => other.listen(config.port, '127.0.0.1', resolve))
    try {
      const found = (await ask(mail)).of('ports')
      assert.equal(found?.state, 'failed')
      assert.match(found?.found ?? '', new RegExp(`${config.port} \\(EADDRINUSE\\)`))
    } finally {
      other.close()
    }
  })

  it('sees a mail server that is none, a sender that is none, and loopback', async () => {
    assert.equal((await ask({})).of('mail')?.state, 'due')
    assert.equal((await ask({ ...mail, PANOPLY_SMTP_URL: 'mail.example' })).of('mail')?.state, 'failed')
    assert.equal((await ask({ PANOPLY_SMTP_URL: mail.PANOPLY_SMTP_URL })).of('mail')?.state, 'due')
    assert.equal((await ask({ ...mail, PANOPLY_ALLOW_LOOPBACK: '1' })).of('loopback')?.state, 'due')
  })

  it('sees packages that are not those of the lock', async () => {
    const appFolder = join(folder, 'app')
    mkdirSync(join(appFolder, 'node_modules/pg'), { recursive: true })
    const lock = {
      packages: { '': {}, 'node_modules/pg': { version: '8.0.1' }, 'node_modules/ajv': { version: '8.0.0' } },
    }
    writeFileSync(join(appFolder, 'package-lock.json'), JSON.stringify(lock))
    writeFileSync(join(appFolder, 'node_modules/pg/package.json'), '{}')
    writeFileSync(
      join(appFolder, 'node_modules/.package-lock.json'),
      JSON.stringify({ packages: { 'node_modules/pg': { version: '8.0.1' } } }),
    )
    const { of } = await ask(mail, { appFolder })
    assert.equal(of('packages')?.state, 'failed')
    assert.match(of('packages')?.found ?? '', /1 of 2 packages.*ajv/)
    assert.equal((await ask(mail, { appFolder: folder })).of('packages')?.state, 'unknown')
  })

  it('looks at nothing of somebody else’s home but whose it is', {
    skip: isRoot ? false : 'needs root',
  }, async () => {
    process.seteuid?.(65_534)
    // getuid stays root's; what is asked of the system is somebody else's.
    try {
      const getuid = process.getuid
      Object.assign(process, { getuid: () => 65_534 })
      try {
        const { findings, of } = await ask(mail)
        assert.equal(of('home')?.state, 'unknown')
        assert.deepEqual(findings.map(({ check }) => check).sort(), ['home', 'node', 'packages'])
      } finally {
        Object.assign(process, { getuid })
      }
    } finally {
      process.seteuid?.(0)
    }
  })

  it('says for people what it says for programs, and refuses options that it does not know', async () => {
    let text = ''
    const write = (piece: string) => {
      text += piece
    }
    rmSync(config.rootKeyFile)
    assert.equal(await runDoctor(['--home', config.home], { write, env: mail }), 2)
    assert.match(text, /FAILED +root key +There is no/)
    assert.match(text, /Do: Bring it back/)
    assert.equal(await runDoctor(['--hom', 'x'], { write, env: mail }), 2)
  })
})
