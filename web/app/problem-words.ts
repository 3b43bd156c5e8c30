// The words for a problem: by its code where we have better ones than the server's own sentence.
// Must stay true: never a raw message; an error that is not an ApiProblem is a fault of ours and says so.
import { ApiProblem } from './api-call.ts'
import { maybeText, t } from './t.ts'

export interface ProblemWords {
  happened: string
  toDo: string
  code: string
}

/** What happened, what to do, and the code to quote. */
export function problemWords(error: unknown): ProblemWords {
  if (!(error instanceof ApiProblem)) {
    return { happened: t('problem.fault'), toDo: t('problem.fault.do'), code: 'web_fault' }
  }
  const reason = reasonOf(error)
  const happened = maybeText(`problem.${error.code}`)
  const toDo = maybeText(`problem.${error.code}.${reason}`) ?? maybeText(`problem.${error.code}.do`)
  if (happened) return { happened, toDo: toDo ?? t('problem.generic.do'), code: error.code }
  if (error.status >= 500)
    return { happened: t('problem.server'), toDo: t('problem.server.do'), code: error.code }
  return {
    happened: error.title || t('problem.generic'),
    toDo: error.detail && error.detail !== error.title ? error.detail : t('problem.generic.do'),
    code: error.code,
  }
}

/** Why, where a code has several reasons and each has something else to do. */
function reasonOf({ members: { details } }: ApiProblem): string {
  return typeof details === 'object' && details !== null && 'reason' in details ? String(details.reason) : ''
}
