// The first step in Trust: that somebody keeps what opens the data when the machine is lost, as the evidence of it says.
import type { FirstStep } from '#core/guide/first-step.ts'

export const trustFirstSteps: readonly FirstStep[] = [
  {
    name: 'trust.recoveryKit.kept',
    isFor: ({ role }) => role === 'owner',
    isTaken: async (tx, ctx) => {
      const { results } = await ctx.evidenceLog.newest(tx.actor.region)
      return results.some(({ evidence, looked }) => evidence === 'recovery-kit' && looked.kits === 1)
    },
  },
]
