/**
 * Where an import leads, over real paths: symbolic links and `../../` detours end at the file they reach,
 * so an arrow cannot be bent by the way it is written.
 */
import { existsSync, realpathSync, statSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'

export type Target =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'package'; readonly name: string }
  | { readonly kind: 'builtin' }
  | { readonly kind: 'outside'; readonly path: string }
  | { readonly kind: 'missing' }

/** Reads package.json `imports` entries of the form `"#room/*": "./folder/*"`. */
export type Aliases = Readonly<Record<string, string>>

/** Resolves a specifier written in `from` (a path relative to `root`). */
export function resolveImport(root: string, aliases: Aliases, from: string, specifier: string): Target {
  const bare = specifier.split('?')[0] ?? specifier
  if (bare.startsWith('.')) return fileAt(root, join(root, dirname(from), bare))
  if (bare.startsWith('#')) {
    for (const [pattern, folder] of Object.entries(aliases)) {
      const prefix = pattern.replace(/\*$/, '')
      if (bare.startsWith(prefix))
        return fileAt(root, join(root, folder.replace(/\*$/, ''), bare.slice(prefix.length)))
    }
    return { kind: 'missing' }
  }
  if (bare.startsWith('node:')) return { kind: 'builtin' }
  if (bare.startsWith('/') || bare.startsWith('file:')) return { kind: 'outside', path: bare }
  const parts = bare.split('/')
  return { kind: 'package', name: bare.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? bare) }
}

function fileAt(root: string, path: string): Target {
  // The web app is bundled, which lets an import leave the ending out; the rest of the house writes it.
  const candidates = [path, `${path}.ts`, `${path}.tsx`]
  const found = candidates.find((candidate) => existsSync(candidate) && statSync(candidate).isFile())
  if (found === undefined) return { kind: 'missing' }
  const inside = relative(realpathSync(root), realpathSync(found)).split(sep).join('/')
  return inside.startsWith('..') ? { kind: 'outside', path: inside } : { kind: 'file', path: inside }
}
