// Owns: loading big packages from the few files that set-up packs them into (scripts/pack-packages.mjs), because reading
// a thousand small ones is most of what a process does at its start. Must stay true: a package whose installed version
// is not the packed one is loaded as npm installed it.
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** What scripts/pack-packages.mjs writes to dist/packed/index.json: the files by what an import names. */
interface PackedIndex {
  readonly [packageName: string]: {
    readonly version: string
    readonly files: Readonly<Record<string, string>>
  }
}

/** From now on imports of packed packages load their packed files. @returns the names that do; none when nothing is packed */
export function preferPacked(appFolder: string): string[] {
  const folder = join(appFolder, 'dist/packed')
  const index: PackedIndex = readJson(join(folder, 'index.json')) ?? {}
  const urls = new Map<string, string>()
  for (const [name, { version, files }] of Object.entries(index)) {
    const installed: { version?: string } | null = readJson(
      join(appFolder, 'node_modules', name, 'package.json'),
    )
    if (installed?.version !== version) continue
    for (const [specifier, file] of Object.entries(files))
      urls.set(specifier, pathToFileURL(join(folder, file)).href)
  }
  if (urls.size > 0)
    registerHooks({
      resolve(specifier, context, next) {
        const url = urls.get(specifier)
        return url ? { url, format: 'module', shortCircuit: true } : next(specifier, context)
      },
    })
  return [...urls.keys()]
}

function readJson(file: string) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null
    throw cause
  }
}
