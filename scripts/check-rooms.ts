/**
 * The arrows of the house, checked over real resolved paths: who may import whom, no cycles, `#room/` between
 * rooms and relative paths inside one, packages declared where they are used, `pg` and `new Kysely` in core/db.
 * Biome refuses most of it while one types; this is the backstop that a detour cannot get around.
 */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type CheckResult, type Problem, report } from './check-result.ts'
import { findCycles } from './find-cycles.ts'
import { isNode, lineOf, readModules, type SourceImport, type SourceModule, walk } from './read-modules.ts'
import { resolveImport, type Target } from './resolve-import.ts'
import {
  ARROWS,
  aliasOf,
  COMPUTED_IMPORTS,
  EDGES,
  FOLDERS,
  isTest,
  PRODUCTS,
  roomOf,
  WORKSHOPS,
} from './rooms.ts'

const TEST_PARTS: readonly string[] = ['test', 'context', 'products', ...EDGES]

interface Manifest {
  readonly imports?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

/** Checks every module below `root`. `seen` counts modules. */
export function checkRooms(root: string, modules = readModules(root, FOLDERS)): CheckResult {
  const manifest: Manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const problems: Problem[] = []
  const edges = new Map<string, string[]>()
  for (const module of modules) {
    const loaded: string[] = []
    edges.set(module.path, loaded)
    const complain = (line: number, message: string): void => {
      problems.push({ file: module.path, line, message })
    }
    for (const error of module.errors) complain(1, `does not parse: ${error}`)
    if (roomOf(module.path) === null) complain(1, 'stands in no room of the house')
    for (const found of module.imports) {
      if (found.specifier === null) {
        if (!isWorkshop(module.path) && !COMPUTED_IMPORTS.includes(module.path))
          complain(found.line, 'imports a computed path, which cannot be checked')
        continue
      }
      const target = resolveImport(root, manifest.imports ?? {}, module.path, found.specifier)
      if (target.kind === 'file' && found.kind === 'value') loaded.push(target.path)
      const message =
        target.kind === 'package'
          ? packageProblem(manifest, module.path, found, target.name)
          : importProblem(module.path, found, found.specifier, target)
      if (message !== null) complain(found.line, message)
    }
    for (const line of kyselyMadeIn(module)) complain(line, 'makes a Kysely; only core/db does')
    for (const line of doorPassedIn(module))
      complain(line, 'passes the door; a product reaches a tenant by ctx.read, ctx.write and ctx.stage')
  }
  for (const cycle of findCycles(edges)) {
    problems.push({ file: cycle[0] ?? '', message: `import cycle: ${cycle.join(' -> ')}` })
  }
  return { name: 'rooms', seen: modules.length, problems, warnings: [] }
}

function importProblem(from: string, found: SourceImport, specifier: string, target: Target): string | null {
  if (target.kind === 'builtin' || target.kind === 'package') return null
  if (target.kind === 'outside') return `imports ${specifier}, outside the project`
  if (target.kind === 'missing') return `imports ${specifier}, which does not exist`
  const room = roomOf(from)
  const targetRoom = roomOf(target.path)
  if (room === null) return null
  if (targetRoom === null) {
    return /\.(json|css|svg|woff2)$/.test(target.path) ? null : `imports ${target.path}, which is in no room`
  }
  if (isTest(target.path)) return `imports the test ${target.path}`
  if (targetRoom === room) {
    if (specifier.startsWith('#')) return `uses ${specifier} inside its own room; write a relative path`
    return specifier.startsWith('../../../') ? `climbs three folders to ${target.path}` : null
  }
  if (!mayImport(from, room, target.path, targetRoom, found)) return `${room} must not import ${target.path}`
  const alias = aliasOf(targetRoom)
  const areNeighbours = dirname(from) === 'src' && dirname(target.path) === 'src'
  if (alias !== null && !areNeighbours && !specifier.startsWith(alias))
    return `reaches ${target.path} without ${alias}`
  return null
}

function mayImport(
  from: string,
  room: string,
  target: string,
  targetRoom: string,
  found: SourceImport,
): boolean {
  if (ARROWS[room]?.includes(targetRoom)) return true
  if (targetRoom === 'generated') return target.endsWith('.json')
  if (room === 'web') {
    return (found.kind === 'type' && target.endsWith('.schema.ts')) || (isTest(from) && targetRoom === 'test')
  }
  // A test stands beside its subject and drives it with the real parts around it; products stay apart even so.
  return isTest(from) && TEST_PARTS.includes(targetRoom)
}

function packageProblem(manifest: Manifest, from: string, found: SourceImport, name: string): string | null {
  const isRunTime = name in (manifest.dependencies ?? {})
  const isKnown = isRunTime || name in (manifest.devDependencies ?? {})
  if (name === 'pg' && !maySpeakPostgres(from) && !isTypeInCore(from, found))
    return 'imports pg; only core/db and src/up speak to PostgreSQL'
  // A package that brings types alone is reached through `@types`.
  if (found.kind === 'type' && (isKnown || `@types/${name}` in (manifest.devDependencies ?? {}))) return null
  if (!isKnown) return `imports ${name}, which package.json does not declare`
  const shipped = roomOf(from) === 'protocol' || from.startsWith('src/') || from.startsWith('agent/')
  if (shipped && !isTest(from) && !isRunTime) return `imports ${name}, a devDependency, at run time`
  return null
}

// A connection may be handed about in core by its type; making one is for core/db alone.
function isTypeInCore(from: string, found: SourceImport): boolean {
  return found.kind === 'type' && from.startsWith('src/core/')
}

function maySpeakPostgres(path: string): boolean {
  return path.startsWith('src/core/db/') || path.startsWith('src/up/') || isTest(path) || isWorkshop(path)
}

function isWorkshop(path: string): boolean {
  return WORKSHOPS.includes(roomOf(path) ?? '')
}

function kyselyMadeIn(module: SourceModule): number[] {
  if (maySpeakPostgres(module.path)) return []
  const lines: number[] = []
  walk(module.program, (node) => {
    const callee = node.type === 'NewExpression' ? node.callee : null
    if (isNode(callee) && callee.name === 'Kysely') lines.push(lineOf(module.text, node.start))
  })
  return lines
}

/** Where a product opens a tenant's connections or a blob store by itself. */
function doorPassedIn(module: SourceModule): number[] {
  const isProduct = (PRODUCTS as readonly string[]).includes(roomOf(module.path) ?? '')
  if (!isProduct || isTest(module.path)) return []
  const lines: number[] = []
  walk(module.program, (node) => {
    const callee = node.type === 'CallExpression' ? node.callee : null
    if (!isNode(callee)) return
    const called = callee.type === 'MemberExpression' && isNode(callee.property) ? callee.property : callee
    if (called.name === 'openBlobStore' || (called !== callee && called.name === 'tenant'))
      lines.push(lineOf(module.text, node.start))
  })
  return lines
}

if (import.meta.main) report(checkRooms(process.cwd()))
