/**
 * Files stay small enough to hold in the head (warn at 200 lines, fail at 400), the keeper as a whole stays small
 * enough to audit in an afternoon, and names say what a thing is: words that could mean anything are refused.
 */
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type CheckResult, type Problem, report } from './check-result.ts'
import { listFiles } from './list-files.ts'
import { FOLDERS } from './rooms.ts'

const WARN = 200
const FAIL = 400
/** The keeper without its tests. */
const KEEPER = 800

const BANNED =
  /(?:^|[-.])(?:utils?|helpers?|common|managers?|services?|repositor(?:y|ies)|dto|impl|data|info)(?=[-.]|$)/
const KEBAB = /^[a-z0-9]+(?:[-.][a-z0-9]+)*$/
/** React components are named as they are used: PascalCase, in .tsx and the files that belong to one. */
const PASCAL = /^[A-Z][A-Za-z0-9]*(?:\.[a-z0-9]+)*\.(?:tsx|module\.css)$/

/** Measures every source file below `root`. `seen` counts files. */
export function checkSizes(root: string): CheckResult {
  const problems: Problem[] = []
  const warnings: Problem[] = []
  const files = listFiles(root, [...FOLDERS], /\.(ts|tsx|mjs|sql|js)$/)
  let keeper = 0
  for (const file of files) {
    const name = basename(file)
    if (!KEBAB.test(name) && !PASCAL.test(name))
      problems.push({ file, message: 'is not named in kebab-case' })
    if (BANNED.test(name)) problems.push({ file, message: 'has a name that could mean anything' })
    if (name.includes('.gen.')) continue
    const lines = readFileSync(join(root, file), 'utf8').trimEnd().split('\n').length
    if (file.startsWith('src/keeper/') && !name.endsWith('.test.ts')) keeper += lines
    if (lines > FAIL) problems.push({ file, message: `has ${lines} lines, more than ${FAIL}` })
    else if (lines > WARN) warnings.push({ file, message: `has ${lines} lines, more than ${WARN}` })
  }
  if (keeper >= KEEPER) {
    problems.push({ file: 'src/keeper', message: `has ${keeper} lines in all; it stays under ${KEEPER}` })
  }
  return { name: 'sizes', seen: files.length, problems, warnings }
}

if (import.meta.main) report(checkSizes(process.cwd()))
