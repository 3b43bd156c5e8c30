/**
 * What every checker of `npm run check` answers. A checker that saw nothing has not checked: `seen` of zero
 * is a failure by itself, so a moved folder or a broken parser cannot turn into a green line.
 */

export interface Problem {
  readonly file: string
  readonly line?: number
  readonly message: string
}

export interface CheckResult {
  readonly name: string
  /** How many things (modules, columns, files) the checker looked at. */
  readonly seen: number
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
}

/** True when the checker looked at something and found nothing wrong. */
export function passed(result: CheckResult): boolean {
  return result.seen > 0 && result.problems.length === 0
}

/** `file:line: message`, the form that terminals and editors make clickable. */
export function describe(problem: Problem): string {
  const place = problem.line === undefined ? problem.file : `${problem.file}:${problem.line}`
  return `${place}: ${problem.message}`
}

/** Prints one checker's findings and sets the exit code; for running a checker by itself. */
export function report(result: CheckResult): void {
  for (const problem of result.problems) console.error(describe(problem))
  for (const warning of result.warnings) console.error(`warning: ${describe(warning)}`)
  if (result.seen === 0) console.error(`${result.name}: saw nothing to check`)
  console.log(`${result.name}: ${result.seen} seen, ${result.problems.length} problems`)
  process.exitCode = passed(result) ? 0 : 1
}
