/** What a benchmark answers: rows that each hold our figure against a baseline measured in the same run. */

export interface Row {
  /** What is measured, e.g. `read through the door, 8 at a time`. */
  readonly name: string
  /** What it is held against; `-` when there is a bound and no baseline. */
  readonly baseline: string
  readonly baselineValue: number | null
  readonly ours: number
  readonly unit: string
  /** Ours over the baseline, in the direction that `reach` names; null without a baseline. */
  readonly ratio: number | null
  /** The bound in words, e.g. `>= 0.5` or `<= 100 ms`. */
  readonly reach: string
  readonly pass: boolean
  readonly note?: string
}

export interface Bench {
  readonly name: string
  run(): Promise<readonly Row[]>
}
