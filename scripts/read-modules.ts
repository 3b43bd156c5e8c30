/**
 * Parses the project's TypeScript with the parser that Vite ships and lists what each module imports.
 * Every form counts: static, type-only, re-export, `import()`, `import('x').T`, require. A form whose target
 * cannot be read from the source is listed with a null specifier, so that a checker can refuse it.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync } from 'vite'
import { listFiles } from './list-files.ts'

export interface SourceImport {
  /** As written; null when it is computed and so cannot be checked. */
  readonly specifier: string | null
  readonly line: number
  /** A type-only import is erased: it makes an arrow, but no run-time cycle. */
  readonly kind: 'value' | 'type' | 'dynamic'
}

export interface Node {
  readonly type: string
  readonly start: number
  readonly [key: string]: unknown
}

export interface SourceModule {
  readonly path: string
  readonly text: string
  readonly imports: readonly SourceImport[]
  readonly program: Node
  readonly errors: readonly string[]
}

/** Parses every .ts, .tsx, .mts and .mjs below `folders` of `root`; declaration files excepted. */
export function readModules(root: string, folders: readonly string[]): SourceModule[] {
  const paths = listFiles(root, folders, /(?<!\.d)\.(ts|tsx|mts|mjs)$/)
  return paths.map((path) => readModule(path, readFileSync(join(root, path), 'utf8')))
}

/** Parses one module's text. */
export function readModule(path: string, text: string): SourceModule {
  const parsed = parseSync(path, text)
  const program = parsed.program as unknown as Node
  const imports: SourceImport[] = []
  walk(program, (node) => {
    const found = importIn(node)
    if (found) imports.push({ ...found, line: lineOf(text, node.start) })
  })
  return { path, text, imports, program, errors: parsed.errors.map((error) => error.message) }
}

/** Calls `visit` for every node of a syntax tree, parents first. */
export function walk(node: Node, visit: (node: Node) => void): void {
  visit(node)
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) for (const item of value) if (isNode(item)) walk(item, visit)
    if (isNode(value)) walk(value, visit)
  }
}

/** 1-based line of an offset. */
export function lineOf(text: string, offset: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line += 1
  return line
}

/** True for a syntax node, false for the plain values inside one. */
export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string'
}

/** The text of a string literal, null for anything else. */
export function literal(node: unknown): string | null {
  return isNode(node) && node.type === 'Literal' && typeof node.value === 'string' ? node.value : null
}

function importIn(node: Node): Omit<SourceImport, 'line'> | null {
  switch (node.type) {
    case 'ImportDeclaration':
      return { specifier: literal(node.source), kind: isTypeOnly(node) ? 'type' : 'value' }
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
      if (!isNode(node.source)) return null
      return { specifier: literal(node.source), kind: node.exportKind === 'type' ? 'type' : 'value' }
    case 'ImportExpression':
      return { specifier: literal(node.source), kind: 'dynamic' }
    case 'TSImportType':
      return { specifier: literal(node.source ?? node.argument), kind: 'type' }
    case 'CallExpression':
      return requireIn(node)
    default:
      return null
  }
}

function requireIn(node: Node): Omit<SourceImport, 'line'> | null {
  const callee = node.callee
  const isRequire = isNode(callee) && callee.type === 'Identifier' && callee.name === 'require'
  const first = Array.isArray(node.arguments) ? node.arguments[0] : undefined
  return isRequire ? { specifier: literal(first), kind: 'dynamic' } : null
}

// `import { type A, type B } from` is erased whole under verbatimModuleSyntax only when written `import type`,
// but the module it names is then loaded for its effects alone, and it still holds no binding that could cycle.
function isTypeOnly(node: Node): boolean {
  if (node.importKind === 'type') return true
  const entries = Array.isArray(node.specifiers) ? node.specifiers.filter(isNode) : []
  return entries.length > 0 && entries.every((entry) => entry.importKind === 'type')
}
