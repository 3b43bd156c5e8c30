// The state of a record as a dot and a word: the word carries the meaning, the dot helps the eye.
import type { ReactNode } from 'react'
import classes from './StateBadge.module.css'

export type Tone = 'good' | 'due' | 'failed' | 'busy' | 'quiet'

export function StateBadge({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <span className={classes.root} data-tone={tone}>
      <span className={classes.dot} aria-hidden="true" />
      {children}
    </span>
  )
}
