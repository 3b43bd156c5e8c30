// Where each first step is taken, in the order in which they are shown. The only list of them in the app.
import type { LinkProps } from '@tanstack/react-router'
import type { Guide } from '../app/api.gen.ts'

/** What places depend on. */
export interface Ground {
  /** A document that can be read, if there is one yet. */
  documentId: string | undefined
  personId: string
  mayReadLog: boolean
}

const placeOf = {
  'knowledge.document.added': () => ({ to: '/knowledge' }),
  'knowledge.snip.created': ({ documentId }) =>
    documentId === undefined
      ? { to: '/knowledge/snips' }
      : { to: '/knowledge/documents/$documentId', params: { documentId } },
  'knowledge.search.asked': () => ({ to: '/search' }),
  'core.person.joined': () => ({ to: '/settings/people' }),
  'trust.recoveryKit.kept': () => ({ to: '/trust' }),
  // Whoever may not read the log checks the seal of what they see.
  'core.audit.proven': ({ documentId, personId, mayReadLog }) =>
    mayReadLog ? { to: '/trust/audit' } : { to: '/knowledge', search: { seal: documentId ?? personId } },
} satisfies Record<string, (ground: Ground) => LinkProps>

export type StepName = keyof typeof placeOf

/** A step that this version of the app has words and a place for. */
export interface Step {
  name: StepName
  isTaken: boolean
}

/** The steps in the order in which they are shown. */
export function stepsOf(guide: Guide | undefined): Step[] {
  const names = Object.keys(placeOf) as StepName[]
  return names.flatMap((name) => {
    const step = guide?.steps.find((one) => one.name === name)
    return step ? [{ name, isTaken: step.isTaken }] : []
  })
}

/** The link to where a step is taken. */
export function placeOfStep(name: StepName, ground: Ground): LinkProps {
  return placeOf[name](ground)
}
