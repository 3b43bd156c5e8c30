// The Debian packages that the tests use where they are there: a browser, the oldest PostgreSQL we promise to run on, a token for keys.
// Plain script for Node 18 and newer. Must stay true: installing them starts no server and touches nothing that was there.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'

/** What tests need of Debian: the package, whether this machine has it, and what is left out without it. */
const systemPackages = [
  {
    name: 'chromium',
    isThere: () => ['chromium', 'chromium-browser', 'google-chrome'].some(isOnPath),
    serves: 'browser journeys: no Chromium',
  },
  {
    name: 'postgresql-15',
    isThere: () => existsSync('/usr/lib/postgresql/15/bin/postgres'),
    serves: 'tests on PostgreSQL 15: no /usr/lib/postgresql/15',
    releases: /^(12|bookworm)/,
    prepare: keepClusterOut,
  },
  {
    name: 'opensc',
    isThere: () => isOnPath('pkcs11-tool'),
    serves: 'a root key in a PKCS#11 token: no pkcs11-tool',
  },
  {
    name: 'softhsm2',
    isThere: () => isOnPath('softhsm2-util'),
    serves: 'a root key in a PKCS#11 token: no SoftHSM',
  },
]

/** Installs the Debian packages that tests need. Answers, one line each, what is left out and why. */
export function installSystemPackages() {
  const missing = systemPackages.filter(({ isThere }) => !isThere())
  const isDebian = existsSync('/etc/debian_version') && isOnPath('apt-get')
  if (!isDebian) return missing.map(({ serves }) => `${serves} on this machine`)
  if (process.getuid?.() !== 0)
    return missing.map(({ name, serves }) => `${serves} (as root: apt-get install ${name})`)
  const release = readFileSync('/etc/debian_version', 'utf8').trim()
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const apt = (...args) =>
    spawnSync('apt-get', ['-q', '-y', '-o', 'Dpkg::Options::=--force-confold', ...args], {
      env,
      stdio: ['ignore', 2, 2],
    }).status === 0
  let isListFresh = false
  const install = ({ name, prepare }) => {
    process.stderr.write(`Installing ${name} for the tests …\n`)
    prepare?.()
    const once = () => apt('install', '--no-install-recommends', name)
    if (once()) return true
    if (isListFresh) return false
    isListFresh = true
    return apt('update') && once()
  }
  return missing.flatMap((one) =>
    (!one.releases || one.releases.test(release)) && install(one)
      ? []
      : [`${one.serves} (${one.name} could not be installed on Debian ${release})`],
  )
}

/** Without this file Debian's package makes a database of its own and starts it. */
function keepClusterOut() {
  const file = '/etc/postgresql-common/createcluster.conf'
  if (existsSync(file)) return
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(
    file,
    "# Written by Panoply's tests, which need the programs only.\ncreate_main_cluster = false\n",
  )
}

function isOnPath(name) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, name)))
}
