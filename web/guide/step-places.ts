// Where each first step is taken, and in which order they are shown. The only list of them in the app.
import type { LinkProps } from '@tanstack/react-router'
import type { Guide } from '../app/api.gen.ts'

/** What places depend on. */
export interface Ground {
  /** A document that can be read, if there is one yet. */
  documentId: string | undefined
  personId: string
  mayReadLog: boolean
}

/** The first steps in the order in which an owner is led through them. */
export const stepNames = [
  'knowledge.document.added',
  'knowledge.snip.created',
  'knowledge.search.asked',
  'core.person.joined',
  'trust.recoveryKit.kept',
  'core.audit.proven',
] as const
export type StepName = (typeof stepNames)[number]

const placeOf: Readonly<Record<StepName, (ground: Ground) => LinkProps>> = {
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
}

/** A step that this version of the app has words and a place for. */
export interface Step {
  name: StepName
  isTaken: boolean
}

/** The steps in the order in which they are shown. */
export function stepsOf(guide: Guide | undefined): Step[] {
  return stepNames.flatMap((name) => {
    const step = guide?.steps.find((one) => one.name === name)
    return step ? [{ name, isTaken: step.isTaken }] : []
  })
}

/** The link to where a step is taken. */
export function placeOfStep(name: StepName, ground: Ground): LinkProps {
  return placeOf[name](ground)
}
