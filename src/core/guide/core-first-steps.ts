// The first steps that are the core's own.
import { type FirstStep, hasDone } from './first-step.ts'

export const coreFirstSteps: readonly FirstStep[] = [
  {
    name: 'core.person.joined',
    isFor: ({ permissions }) => permissions.has('core.people.manage'),
    isTaken: async (tx) =>
      (await tx.db.selectFrom('member').select('person').limit(2).execute()).length === 2,
  },
  {
    name: 'core.audit.proven',
    isFor: ({ permissions }) => permissions.has('core.record.read'),
    isTaken: (tx) => hasDone(tx, 'core.audit.proven'),
  },
]
