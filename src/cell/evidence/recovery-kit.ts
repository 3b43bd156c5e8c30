// P9-31, a part of it: that somebody keeps what opens the data when the machine is lost. Whether recovery works, only a drill shows.
import { absent, untellable } from '#core/evidence/evidence.ts'
import { readConfirmation } from '#core/keys/recovery-kit.ts'
import type { CellProbe } from './cell-ground.ts'

/** Looks for the note that `panoply admin recovery-kit --confirm` leaves in the home. */
export const recoveryKit: CellProbe = async ({ config }) => {
  const found = readConfirmation(config.home)
  return found === null
    ? absent({ kits: 0 }, [
        'Nobody has said that the recovery kit is kept away from the machine: panoply admin recovery-kit.',
      ])
    : untellable({ kits: 1 }, [
        `The recovery kit was confirmed at ${found.confirmedAt}; no drill of a recovery was brought in yet.`,
      ])
}
