/** The first steps in Knowledge. The first document is the organisation's; capturing and finding, everybody learns for themselves. */
import { type FirstStep, hasDone } from '#core/guide/first-step.ts'

export const knowledgeFirstSteps: readonly FirstStep[] = [
  {
    name: 'knowledge.document.added',
    isFor: ({ permissions }) => permissions.has('knowledge.document.create'),
    isTaken: async (tx) => {
      const any = await tx.db.selectFrom('document').select('id').limit(1).executeTakeFirst()
      return any !== undefined
    },
  },
  {
    name: 'knowledge.snip.created',
    isFor: ({ permissions }) => permissions.has('knowledge.snip.create'),
    isTaken: async (tx) => {
      const own = tx.db.selectFrom('snip').select('id').where('created_by', '=', tx.actor.personId)
      return (await own.limit(1).executeTakeFirst()) !== undefined
    },
  },
  {
    name: 'knowledge.search.asked',
    isFor: ({ permissions }) => permissions.has('knowledge.document.read'),
    isTaken: (tx) => hasDone(tx, 'knowledge.search.asked'),
  },
]
