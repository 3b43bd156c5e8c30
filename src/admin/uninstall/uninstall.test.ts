import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import type { Config } from '#core/config.ts'
import { noteHome, readKnownHomes } from '#core/known-homes.ts'
import { identityOf } from '#core/process-identity.ts'
import { makeStoppedHome } from '#test/stopped-home.ts'
import { runUninstall } from './run-uninstall.ts'

const ROOT = join(import.meta.dirname, '../../..')
const isRoot = process.getuid?.() === 0

describe('uninstalling', () => {
  let folder: string
  let config: Config

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'panoply-uninstall-'))
    config = await makeStoppedHome(folder)
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  async function run(...args: string[]) {
    let text = ''
    const asked: string[] = []
    const code = await runUninstall(['--home', config.home, ...args], {
      env: {},
      keyFolder: join(folder, 'keys'),
      write: (piece) => {
        text += piece
      },
      ask: async (question) => {
        asked.push(question)
        return answers.shift() ?? null
      },
    })
    return { code, text, asked }
  }
  const answers: string[] = []
  const isThere = (...names: string[]) => names.filter((name) => existsSync(join(config.home, name)))

  it('removes everything that set-up made, and nothing else', async () => {
    writeFileSync(join(folder, 'neighbour'), 'stays')
    writeFileSync(join(config.home, 'notes.txt'), 'somebody’s own')
    const { code, text } = await run('--delete-data', '--yes')
    assert.equal(code, 0, text)
    assert.match(text, /databases, files, keys, certificate authority/)
    assert.match(text, new RegExp(`${config.rootKeyFile} +\\(root key\\)`))
    assert.match(text, /notes\.txt: set-up did not make it/)
    assert.ok(!existsSync(config.rootKeyFile))
    assert.ok(!existsSync(config.runFolder))
    assert.deepEqual(
      isThere('regions', 'keeper', 'tls', 'logs', 'cache', 'up', 'evidence', 'installation.json'),
      [],
    )
    assert.equal(readFileSync(join(config.home, 'notes.txt'), 'utf8'), 'somebody’s own')
    assert.ok(existsSync(join(folder, 'neighbour')))
  })

  it('leaves no folder behind when nothing of others lies in it', async () => {
    assert.equal((await run('--delete-data', '--yes')).code, 0)
    assert.ok(!existsSync(config.home))
    assert.ok(!existsSync(join(folder, 'panoply')))
    assert.equal((await run('--delete-data', '--yes')).code, 2)
  })

  it('keeps what was stored and what opens it, when asked to', async () => {
    const { code, text } = await run('--keep-data', '--yes')
    assert.equal(code, 0, text)
    assert.deepEqual(isThere('regions', 'keeper', 'tls', 'installation.json', 'logs', 'cache'), [
      'regions',
      'keeper',
      'tls',
      'installation.json',
    ])
    assert.ok(existsSync(config.rootKeyFile))
    assert.match(text, /goes on from there/)
  })

  it('removes links as links', async () => {
    const elsewhere = join(folder, 'elsewhere')
    mkdirSync(elsewhere)
    writeFileSync(join(elsewhere, 'kept'), 'x')
    rmSync(join(config.home, 'evidence'), { recursive: true })
    symlinkSync(elsewhere, join(config.home, 'evidence'))
    symlinkSync(elsewhere, join(config.home, 'regions', 'link'))
    assert.equal((await run('--delete-data', '--yes')).code, 0)
    assert.ok(existsSync(join(elsewhere, 'kept')))
    assert.ok(!existsSync(config.home))
  })

  it('asks for the home by its path, and takes nothing less', async () => {
    for (const answer of ['', 'y', 'yes', 'home', `${config.home}x`]) {
      answers.push(answer)
      const { code, asked } = await run('--delete-data')
      assert.equal(code, 1)
      assert.match(asked[0] ?? '', /Type .*home to go on/)
      assert.ok(existsSync(config.rootKeyFile))
    }
    assert.equal((await run('--delete-data')).code, 1, 'there is nobody to answer')
    answers.push(config.home)
    assert.equal((await run('--delete-data')).code, 0)
  })

  it('wants to know whether the data goes', async () => {
    const wrong = [
      ['--yes'],
      ['--keep-data', '--delete-data', '--yes'],
      ['--delete-data', '--json'],
      ['--everything'],
    ]
    for (const args of wrong) assert.equal((await run(...args)).code, 2, args.join(' '))
    assert.ok(existsSync(config.rootKeyFile))
  })

  it('refuses while somebody works on it', async () => {
    const self = identityOf(process.pid)
    writeFileSync(join(config.home, 'up/children.json'), JSON.stringify({ worker: self }))
    const { code } = await run('--delete-data', '--yes')
    assert.equal(code, 1)
    assert.ok(existsSync(config.rootKeyFile))
    assert.deepEqual(isThere('regions', 'logs'), ['regions', 'logs'])
  })

  it('refuses what is not the home of an installation', async () => {
    const { home } = config
    for (const other of ['/', '/etc', folder, join(folder, 'nothing')]) {
      config = { ...config, home: other }
      assert.equal((await run('--delete-data', '--yes')).code, 2, other)
    }
    config = { ...config, home: `${home}.link` }
    symlinkSync(home, config.home)
    assert.equal((await run('--delete-data', '--yes')).code, 1)
    assert.ok(existsSync(join(home, 'installation.json')))
  })

  it('believes no description about what lies elsewhere', async () => {
    const victim = join(folder, 'victim')
    mkdirSync(join(victim, 'keeper'), { recursive: true })
    writeFileSync(join(victim, 'keeper', 'letter'), 'x')
    writeFileSync(join(victim, 'password'), 'x')
    const file = join(config.home, 'installation.json')
    const installation = JSON.parse(readFileSync(file, 'utf8'))
    installation.runFolder = victim
    installation.rootKeyFile = join(victim, 'password')
    installation.regions[0].blobs = victim
    writeFileSync(file, JSON.stringify(installation))
    const { code, text } = await run('--delete-data', '--yes')
    assert.equal(code, 0, text)
    assert.ok(existsSync(join(victim, 'keeper', 'letter')))
    assert.ok(existsSync(join(victim, 'password')))
    assert.match(text, /they lie outside the home/)
  })

  it('goes on where it was killed', async () => {
    for (const name of ['regions', 'keeper', 'logs']) rmSync(join(config.home, name), { recursive: true })
    rmSync(config.rootKeyFile)
    assert.equal((await run('--delete-data', '--yes')).code, 0)
    assert.ok(!existsSync(config.home))
  })

  it('tells a program what it did', async () => {
    const { code, text } = await run('--delete-data', '--yes', '--json')
    const told = JSON.parse(text)
    assert.equal(code, 0)
    assert.equal(told.ok, true)
    assert.ok(told.removed.some(({ path }: { path: string }) => path === config.rootKeyFile))
    assert.ok(told.remains.length > 0)
  })

  describe('as root', { skip: isRoot ? false : 'needs root' }, () => {
    /** Runs it where /etc, /var/cache and the processes are copies of our own. */
    function runApart(etc: string, cache: string): { code: number; text: string } {
      const script = `mount --bind "$1" /etc && mount --bind "$2" /var/cache && exec "$3" src/main.ts admin uninstall --home "$4" --delete-data --yes --json`
      const done = spawnSync(
        'unshare',
        [
          '--mount',
          '--pid',
          '--fork',
          '--mount-proc',
          'sh',
          '-c',
          script,
          'sh',
          etc,
          cache,
          process.execPath,
          config.home,
        ],
        { cwd: ROOT, encoding: 'utf8', env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } },
      )
      return { code: done.status ?? -1, text: `${done.stdout}${done.stderr}` }
    }

    /** A machine's accounts with those of an installation among them; the root key is the keeper's. */
    function prepare(): { etc: string; cache: string } {
      const etc = join(folder, 'etc')
      mkdirSync(etc)
      for (const name of ['passwd', 'group', 'shadow', 'gshadow', 'login.defs', 'nsswitch.conf', 'pam.d'])
        if (existsSync(join('/etc', name))) cpSync(join('/etc', name), join(etc, name), { recursive: true })
      const roles = ['web', 'worker', 'keeper', 'cell', 'backup', 'db']
      for (const name of ['passwd', 'group', 'shadow', 'gshadow']) {
        const lines = readFileSync(join(etc, name), 'utf8')
          .split('\n')
          .filter((line) => line && !line.startsWith('panoply'))
        const own = roles.map((role, index) => {
          const [user, id] = [`panoply-${role}`, 64_100 + index]
          if (name === 'passwd') return `${user}:x:${id}:${id}::/nonexistent:/usr/sbin/nologin`
          if (name === 'shadow') return `${user}:!:19000::::::`
          return name === 'group' ? `${user}:x:${id}:` : `${user}:!::`
        })
        const shared =
          {
            passwd: [],
            shadow: [],
            group: [`panoply:x:64110:panoply-web`, 'panoply-data:x:64111:'],
            gshadow: [],
          }[name] ?? []
        writeFileSync(join(etc, name), `${[...lines, ...own, ...shared].join('\n')}\n`)
      }
      mkdirSync(join(etc, 'panoply'))
      const cache = join(folder, 'cache')
      mkdirSync(join(cache, 'panoply', 'app-0123'), { recursive: true })
      mkdirSync(join(cache, 'others'))
      chownSync(config.rootKeyFile, 64_102, 64_102)
      return { etc, cache }
    }

    beforeEach(async () => {
      rmSync(folder, { recursive: true })
      folder = mkdtempSync(join(tmpdir(), 'panoply-uninstall-'))
      config = await makeStoppedHome(folder, true)
    })

    it('takes the system users, their groups and the mirror away', () => {
      const { etc, cache } = prepare()
      noteHome(config.home, join(etc, 'panoply'))
      const { code, text } = runApart(etc, cache)
      assert.equal(code, 0, text)
      for (const name of ['passwd', 'group'])
        assert.doesNotMatch(readFileSync(join(etc, name), 'utf8'), /panoply/)
      assert.ok(!existsSync(join(cache, 'panoply')))
      assert.ok(existsSync(join(cache, 'others')))
      assert.ok(!existsSync(config.home))
      assert.ok(!existsSync(config.rootKeyFile))
    })

    it('keeps them when another home uses them', async () => {
      const { etc, cache } = prepare()
      const other = mkdtempSync(join(tmpdir(), 'panoply-other-'))
      try {
        const neighbour = await makeStoppedHome(other, true)
        noteHome(config.home, join(etc, 'panoply'))
        noteHome(neighbour.home, join(etc, 'panoply'))
        const { code, text } = runApart(etc, cache)
        assert.equal(code, 0, text)
        assert.match(readFileSync(join(etc, 'passwd'), 'utf8'), /panoply-keeper/)
        assert.ok(existsSync(join(cache, 'panoply')))
        assert.match(text, /another installation/)
        assert.deepEqual(readKnownHomes(join(etc, 'panoply')), [neighbour.home])
      } finally {
        rmSync(other, { recursive: true, force: true })
      }
    })

    it('believes nothing that root did not write', () => {
      const { etc, cache } = prepare()
      chownSync(config.home, 64_999, 64_999)
      const { code, text } = runApart(etc, cache)
      assert.equal(code, 1, text)
      assert.ok(existsSync(config.rootKeyFile))
    })
  })
})
