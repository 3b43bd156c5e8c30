// Facts about a record as a description list: question at the left, plain answer at the right.
import type { ReactNode } from 'react'
import classes from './FactList.module.css'

export function FactList({ facts }: { facts: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className={classes.root}>
      {facts.map(([question, answer]) => (
        <div key={question} className={classes.row}>
          <dt>{question}</dt>
          <dd>{answer}</dd>
        </div>
      ))}
    </dl>
  )
}
