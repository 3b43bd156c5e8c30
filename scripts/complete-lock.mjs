// Run after every change of package-lock.json: names in it the optional packages of other platforms that the registry
// in use did not have when the lock was made. npm writes such a lock without them, and `npm ci` then refuses it.
// What is added has no checksum and is limited to its platform, so none of the systems we run on ever fetches it.
import { readFileSync, writeFileSync } from 'node:fs'

const file = new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(file, 'utf8'))
const systems = [
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
]
const processors = ['arm', 'arm64', 'armv7', 'ia32', 'loong64', 'ppc64', 'riscv64', 's390x', 'x64', 'wasm32']

let count = 0
for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (`${path}/node_modules/${name}` in lock.packages || `node_modules/${name}` in lock.packages) continue
    const words = name.split(/[/-]/)
    const os = words.filter((word) => systems.includes(word))
    const cpu = words.filter((word) => processors.includes(word))
    if (words.some((word) => word.startsWith('gnueabihf') || word.startsWith('musleabihf')))
      cpu.splice(0, 9, 'arm')
    if (os.length === 0 || !/^\d+\.\d+\.\d+[\w.-]*$/.test(version)) {
      process.stderr.write(`${name}@${version} of ${path} is not in the lock and names no platform.\n`)
      process.exitCode = 1
      continue
    }
    const libc = words.includes('musl') ? { libc: ['musl'] } : {}
    const dev = entry.dev ? { dev: true } : {}
    lock.packages[`node_modules/${name}`] = { version, cpu, ...dev, ...libc, optional: true, os }
    count++
  }
}
if (count > 0) {
  const [root, ...others] = Object.entries(lock.packages)
  others.sort(([a], [b]) => a.localeCompare(b, 'en'))
  lock.packages = Object.fromEntries([root, ...others])
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
}
process.stderr.write(`${count} packages of other platforms added to the lock.\n`)
