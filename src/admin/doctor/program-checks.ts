// The program itself: the Node it runs on and the packages it runs with, against the lock; not those that only build and test it.
import { join } from 'node:path'
import { type Finding, failed, ok, unknown } from './finding.ts'
import { type Ground, readJson, readText } from './ground.ts'

const AGAIN = 'Run npm start once: it installs what the lock asks for.'

/** Node as pinned, and every package of the lock in its version. */
export function programChecks({ appFolder }: Ground): Finding[] {
  return [checkNode(appFolder), checkPackages(appFolder)]
}

function checkNode(appFolder: string): Finding {
  const name = `node-${process.platform}-${process.arch}`
  const pinned = entriesOf(readJson(join(appFolder, 'package-lock.json')))[`node_modules/${name}`]?.version
  const here = process.versions.node
  if (pinned === undefined)
    return unknown('node', {
      found: `Node ${here}; ${join(appFolder, 'package-lock.json')} pins none for ${process.platform} ${process.arch}.`,
      means: 'Whether this is the tested version cannot be told.',
      todo: 'Compare the folder of the program with its release.',
    })
  return pinned === here
    ? ok('node', `Node ${here}, as pinned.`)
    : failed('node', {
        found: `Node ${here}; ${pinned} is pinned.`,
        means: 'The program was tested with another version than the one that runs.',
        todo: AGAIN,
      })
}

function checkPackages(appFolder: string): Finding {
  const wanted = entriesOf(readJson(join(appFolder, 'package-lock.json')))
  const installed = entriesOf(readJson(join(appFolder, 'node_modules/.package-lock.json')))
  const all = Object.entries(wanted).filter(([path, { optional }]) => path !== '' && !optional)
  if (all.length === 0)
    return unknown('packages', {
      found: `${join(appFolder, 'package-lock.json')} cannot be read.`,
      means: 'What should be installed cannot be told.',
      todo: 'Compare the folder of the program with its release.',
    })
  const wrong = all.filter(
    ([path, { version }]) =>
      installed[path]?.version !== version || readText(join(appFolder, path, 'package.json')) === null,
  )
  const named = wrong.slice(0, 3).map(([path]) => path.replace(/^.*node_modules\//, ''))
  return wrong.length === 0
    ? ok('packages', `${all.length} packages, as the lock asks.`)
    : failed('packages', {
        found: `${wrong.length} of ${all.length} packages are missing or of another version: ${named.join(', ')}${wrong.length > 3 ? ' …' : ''}.`,
        means: 'The program does not run on what it was tested with, or does not run.',
        todo: AGAIN,
      })
}

interface Entry {
  readonly version?: string
  readonly optional: boolean
}

function entriesOf(lock: unknown): Readonly<Record<string, Entry>> {
  if (typeof lock !== 'object' || lock === null || !('packages' in lock)) return {}
  const { packages } = lock
  if (typeof packages !== 'object' || packages === null) return {}
  return Object.fromEntries(
    Object.entries(packages).map(([path, entry]: [string, unknown]) => {
      const is = (name: string): boolean =>
        typeof entry === 'object' && entry !== null && Reflect.get(entry, name) === true
      const version = typeof entry === 'object' && entry !== null ? Reflect.get(entry, 'version') : undefined
      return [
        path,
        {
          ...(typeof version === 'string' ? { version } : {}),
          optional: is('optional') || is('dev') || is('devOptional'),
        },
      ]
    }),
  )
}
