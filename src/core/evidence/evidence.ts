// What evidence is: something that runs and would fail if a claim were false. Rooms name theirs in their manifests; the
// edges that may look run it. Must stay true: a finding holds counts and names of structure, never content and no secret.

/** A check of the running system, repeated. `on` is the process that has the right to look. */
export interface LiveEvidence {
  readonly name: string
  readonly kind: 'live'
  readonly claims: readonly string[]
  readonly on: 'cell' | 'worker'
  readonly everyMinutes: number
}

/** Tests or a drill, run elsewhere on the same program, whose signed record was brought in. */
export interface RecordedEvidence {
  readonly name: string
  readonly kind: 'test' | 'drill'
  readonly claims: readonly string[]
  /** Test files, of which every test must have passed. */
  readonly files: readonly string[]
  /** The file among them, or beside them, in which the thing is broken and the test sees it. */
  readonly breaker: string
  readonly freshDays: number
}

export type Evidence = LiveEvidence | RecordedEvidence

/** `absent`: this installation lacks what the claim needs. `unknown`: the check itself could not be done. */
export type Outcome = 'pass' | 'fail' | 'absent' | 'unknown'

/** What one run found. */
export interface Finding {
  readonly outcome: Outcome
  /** What was looked at, counted: `{ports: 3, handshakes: 12}`. */
  readonly looked: Readonly<Record<string, number>>
  /** What speaks against the claim, or what is missing, a line each. */
  readonly faults: readonly string[]
}

const MOST_FAULTS = 20
const LONGEST_FAULT = 300

/** Pass when nothing speaks against it and something was looked at at all; a check that saw nothing shows nothing. */
export function judge(looked: Readonly<Record<string, number>>, faults: readonly string[]): Finding {
  const isEmpty = Object.values(looked).every((count) => count === 0)
  if (faults.length > 0) return { outcome: 'fail', looked, faults: shortened(faults) }
  return isEmpty
    ? { outcome: 'unknown', looked, faults: ['There was nothing to look at.'] }
    : { outcome: 'pass', looked, faults: [] }
}

/** Not set up here: says what is missing. */
export function absent(looked: Readonly<Record<string, number>>, missing: readonly string[]): Finding {
  return { outcome: 'absent', looked, faults: shortened(missing) }
}

/** It could not be told; says why. */
export function untellable(looked: Readonly<Record<string, number>>, reasons: readonly string[]): Finding {
  return { outcome: 'unknown', looked, faults: shortened(reasons) }
}

function shortened(lines: readonly string[]): string[] {
  const kept = lines.slice(0, MOST_FAULTS).map((line) => line.slice(0, LONGEST_FAULT))
  return lines.length > MOST_FAULTS ? [...kept, `… and ${lines.length - MOST_FAULTS} more`] : kept
}

/** Milliseconds after which a result of this evidence no longer shows anything. */
export function freshFor(evidence: Evidence): number {
  return evidence.kind === 'live'
    ? evidence.everyMinutes * 3 * 60_000 + 300_000
    : evidence.freshDays * 86_400_000
}
