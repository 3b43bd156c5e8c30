// What the doctor answers: one finding a thing looked at. Must stay true: a finding holds no secret and no content, and says what to do
// whenever it is not ok.

/** `due`: works, and will not for long, or should not be so. `unknown`: could not be looked at. */
export type FindingState = 'ok' | 'due' | 'failed' | 'unknown'

export interface Finding {
  /** What was looked at, e.g. `certificates`. */
  readonly check: string
  readonly state: FindingState
  /** What was found, in a sentence. */
  readonly found: string
  /** What it means; absent where all is well. */
  readonly means?: string
  /** What to do; absent where all is well. */
  readonly todo?: string
}

interface Trouble {
  readonly found: string
  readonly means: string
  readonly todo: string
}

/** All is well. */
export function ok(check: string, found: string): Finding {
  return { check, state: 'ok', found }
}
export function due(check: string, trouble: Trouble): Finding {
  return { check, state: 'due', ...trouble }
}
export function failed(check: string, trouble: Trouble): Finding {
  return { check, state: 'failed', ...trouble }
}
export function unknown(check: string, trouble: Trouble): Finding {
  return { check, state: 'unknown', ...trouble }
}

/** 0: all ok. 1: something is due or could not be looked at. 2: something failed. */
export function exitCodeOf(findings: readonly Finding[]): 0 | 1 | 2 {
  if (findings.some(({ state }) => state === 'failed')) return 2
  return findings.some(({ state }) => state !== 'ok') ? 1 : 0
}

const MARKS: Readonly<Record<FindingState, string>> = {
  ok: 'ok      ',
  due: 'due     ',
  failed: 'FAILED  ',
  unknown: 'unknown ',
}

/** The findings for a person at a terminal. */
export function tellFindings(findings: readonly Finding[]): string {
  const lines = findings.flatMap(({ check, state, found, means, todo }) => [
    `${MARKS[state]} ${check.padEnd(14)} ${found}`,
    ...(means ? [`${' '.repeat(24)}${means}`] : []),
    ...(todo ? [`${' '.repeat(24)}Do: ${todo}`] : []),
  ])
  const count = (state: FindingState) => findings.filter((one) => one.state === state).length
  const sum = `${count('ok')} ok, ${count('due')} due, ${count('failed')} failed, ${count('unknown')} not to be told`
  return `${lines.join('\n')}\n\n${sum}\n`
}
