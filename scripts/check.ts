/**
 * `npm run check`: everything that can be known without running the product, side by side, in seconds. Types,
 * formatting and lint, the arrows of the house, the class of every column, sizes and names, generated files.
 */
import { join } from 'node:path'
import { checkClaims } from './check-claims.ts'
import { checkColumns, staleColumns } from './check-columns.ts'
import { checkMessages } from './check-messages.ts'
import { checkNode18 } from './check-node18.ts'
import { type CheckResult, describe, passed } from './check-result.ts'
import { checkRooms } from './check-rooms.ts'
import { checkSizes } from './check-sizes.ts'
import { listFiles } from './list-files.ts'
import { readModules } from './read-modules.ts'
import { FOLDERS } from './rooms.ts'
import { runCommand } from './run-command.ts'

interface Line {
  readonly name: string
  readonly isGood: boolean
  readonly note: string
  readonly output: string
  readonly milliseconds: number
}

/** What the compiler learned last time; a check after a small change need not learn it again. */
function kept(name: string): string[] {
  return ['--incremental', '--tsBuildInfoFile', join('node_modules', '.cache', `types-${name}.json`)]
}

/** Runs every check below `root` and answers one line each. */
export async function runChecks(root: string): Promise<Line[]> {
  const tool = (name: string, path: string, ...args: string[]) =>
    runTool(root, name, join('node_modules', path), ...args)
  // More than one checker learns most types once each, and two compilers beside Biome keep two cores busy anyway.
  const types = (name: string, project: string, cache: string) =>
    tool(
      name,
      'typescript/bin/tsc',
      '-p',
      project,
      '--noEmit',
      '--pretty',
      'false',
      '--checkers',
      '1',
      ...kept(cache),
    )
  const generators = listFiles(root, ['scripts'], /^scripts\/gen-[a-z-]+\.ts$/).filter(
    (file) => !file.endsWith('.test.ts'),
  )
  const running = [
    types('types', 'tsconfig.json', 'node'),
    types('types of web', 'tsconfig.web.json', 'web'),
    tool('biome', '@biomejs/biome/bin/biome', 'check', '--colors=off', '--max-diagnostics=40', '.'),
    ...generators.map((file) => runTool(root, file.slice('scripts/'.length, -'.ts'.length), file, '--check')),
  ]
  const generatorsSeen: CheckResult = {
    name: 'generators',
    seen: generators.length,
    problems: [],
    warnings: [],
  }
  return [...sourceChecks(root), line(generatorsSeen, 0), ...(await Promise.all(running))]
}

// These share one parse of the sources and take less than a process would need to start.
function sourceChecks(root: string): Line[] {
  const lines: Line[] = []
  const timed = (check: () => CheckResult): void => {
    const started = performance.now()
    lines.push(line(check(), performance.now() - started))
  }
  const modules = readModules(root, FOLDERS)
  timed(() => checkRooms(root, modules))
  timed(() =>
    checkMessages(
      root,
      modules.filter((module) => module.path.startsWith('web/')),
    ),
  )
  timed(() => checkSizes(root))
  timed(() => checkNode18(root))
  timed(() => checkClaims(root))
  timed(() => {
    const result = checkColumns(root)
    return { ...result, problems: [...result.problems, ...staleColumns(root, result.columns)] }
  })
  return lines
}

function line(result: CheckResult, milliseconds: number): Line {
  const problems = result.problems.map(describe)
  const warnings = result.warnings.map((warning) => `warning: ${describe(warning)}`)
  const counts = [`${result.seen} seen`]
  if (problems.length > 0) counts.push(`${problems.length} problems`)
  if (warnings.length > 0) counts.push(`${warnings.length} warnings`)
  return {
    name: result.name,
    isGood: passed(result),
    note: counts.join(', '),
    output: [...problems, ...warnings].join('\n'),
    milliseconds,
  }
}

async function runTool(root: string, name: string, script: string, ...args: string[]): Promise<Line> {
  const ended = await runCommand(process.execPath, [script, ...args], {
    cwd: root,
    limitMilliseconds: 120_000,
  })
  const isGood = ended.code === 0
  const note = isGood ? '' : `exit ${ended.code ?? ended.signal}`
  return { name, isGood, note, output: isGood ? '' : ended.output.trim(), milliseconds: ended.milliseconds }
}

/** The table that ends the run. */
export function renderLines(lines: readonly Line[]): string {
  const width = Math.max(...lines.map((entry) => entry.name.length))
  return lines
    .map((entry) => {
      const seconds = `${(entry.milliseconds / 1000).toFixed(1)} s`.padStart(7)
      return `${entry.isGood ? 'ok  ' : 'FAIL'} ${entry.name.padEnd(width)} ${seconds}  ${entry.note}`.trimEnd()
    })
    .join('\n')
}

if (import.meta.main) {
  const started = performance.now()
  const lines = await runChecks(process.cwd())
  for (const entry of lines) if (entry.output !== '') console.log(`--- ${entry.name}\n${entry.output}\n`)
  console.log(renderLines(lines))
  const failed = lines.filter((entry) => !entry.isGood).length
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  console.log(`check: ${lines.length - failed} of ${lines.length} good, ${seconds} s`)
  process.exitCode = failed === 0 ? 0 : 1
}
