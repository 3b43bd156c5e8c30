// What is shown in place of a screen that could not start.
import { useRouter } from '@tanstack/react-router'
import { ProblemNote } from '../ui/ProblemNote.tsx'
import classes from './RouteProblem.module.css'

export function RouteProblem({ error }: { error: unknown }) {
  const router = useRouter()
  return (
    <div className={classes.root}>
      <ProblemNote error={error} onRetry={() => void router.invalidate()} />
    </div>
  )
}
