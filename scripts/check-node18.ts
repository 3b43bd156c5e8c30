/**
 * What runs before set-up has brought the pinned Node must run on Node 18: the scripts that package.json starts, and what
 * they import. Syntax and names that came later are refused, and packages too, because none is there yet.
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type CheckResult, type Problem, report } from './check-result.ts'

/** Newer than Node 18.0: what it looks like, and what it is called. */
const NEWER: readonly (readonly [RegExp, string])[] = [
  [/\bimport\.meta\.(dirname|filename|main|resolve)\b/, 'import.meta.dirname and its like'],
  [/\bPromise\.(withResolvers|try)\b/, 'Promise.withResolvers or Promise.try'],
  [/\b(Object|Map)\.groupBy\b/, 'groupBy'],
  [/\bArray\.fromAsync\b/, 'Array.fromAsync'],
  [/\.(toSorted|toReversed|toSpliced)\(/, 'copying array methods'],
  [/\.(isWellFormed|toWellFormed)\(/, 'well-formed strings'],
  [/\.(isSubsetOf|isSupersetOf|isDisjointFrom|symmetricDifference)\(/, 'set methods'],
  [/\bRegExp\.escape\b|\/[dgimsuy]*v[dgimsuy]*\s*[.,;)]/, 'new regular expressions'],
  [/^\s*(?:await )?using\s+\w/, 'using'],
  [/\bSymbol\.(asyncDispose|dispose)\b/, 'disposal'],
  [/\bwith\s*\{\s*type:/, 'import attributes'],
  [/\bIterator\.(from|concat)\b/, 'iterator methods'],
  [/\bnavigator\.|\bnew (WebSocket|EventSource|Float16Array)\b/, 'new globals'],
  [
    /\b(globSync|parseEnv|loadEnvFile|getBuiltinModule|stripTypeScriptTypes|styleText)\b/,
    'functions of Node 20 and later',
  ],
  [/\b(registerHooks|enableCompileCache|availableParallelism)\b/, 'functions of Node 18.14 and later'],
  [/['"]node:(sqlite|sea)['"]/, 'modules of Node 20 and later'],
]

/** Where set-up begins, by package.json: the plain scripts among its commands and programs. */
function entries(root: string): string[] {
  const manifest: { scripts?: Record<string, string>; bin?: Record<string, string> } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  )
  const commands = Object.values({ ...manifest.scripts, ...manifest.bin })
  return commands.flatMap((command) => command.match(/[\w./-]+\.mjs\b/g) ?? [])
}

/** Reads every script that may run under an old Node. `seen` counts them. */
export function checkNode18(root: string): CheckResult {
  const problems: Problem[] = []
  const seen = new Set<string>()
  const waiting = entries(root)
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (seen.has(file)) continue
    if (!existsSync(join(root, file))) {
      problems.push({ file, message: 'is named in package.json or imported, and not there' })
      continue
    }
    seen.add(file)
    const found = readScript(root, file)
    problems.push(...found.problems)
    waiting.push(...found.imports)
  }
  return { name: 'node 18', seen: seen.size, problems, warnings: [] }
}

function readScript(root: string, file: string): { imports: string[]; problems: Problem[] } {
  const imports: string[] = []
  const problems: Problem[] = []
  const lines = readFileSync(join(root, file), 'utf8').split('\n')
  for (const [index, text] of lines.entries()) {
    const code = text.replace(/^\s*(\/\/|\/?\*).*$/, '')
    const tell = (message: string): void => void problems.push({ file, line: index + 1, message })
    for (const [shape, name] of NEWER) if (shape.test(code)) tell(`Node 18 does not know ${name}`)
    const specifier = /(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"]+)['"]/.exec(code)?.[1]
    if (specifier === undefined || specifier.startsWith('node:')) continue
    if (specifier.startsWith('.')) imports.push(join(dirname(file), specifier))
    else tell(`${specifier} is not there before set-up has run`)
  }
  return { imports, problems }
}

if (import.meta.main) report(checkNode18(process.cwd()))
