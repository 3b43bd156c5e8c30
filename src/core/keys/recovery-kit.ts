// The recovery kit: what an operator keeps away from the machine, so that its loss is not the loss of everything. It holds the root key as
// its file does, and the keeper's sealed state as it was; together they open every wrapped key that was not destroyed.
// Must stay true: a kit is made for whoever may read the root key; its check code tells nothing of the key.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Type from 'typebox'
import { Check } from 'typebox/value'
import { STATE_FILE } from './sealed-state.ts'

const strict = { additionalProperties: false } as const

/** A kit as a file; the printed one has the same in lines. */
export const RecoveryKit = Type.Object(
  {
    format: Type.Literal(1),
    madeAt: Type.String(),
    home: Type.String(),
    rootKeyFile: Type.String(),
    /** The bytes of the root key file, base64. */
    rootKey: Type.String(),
    hasPassphrase: Type.Boolean(),
    /** The bytes of the keeper's sealed state, base64. */
    state: Type.String(),
    code: Type.String(),
  },
  strict,
)
export type RecoveryKit = Type.Static<typeof RecoveryKit>

/** That somebody keeps a kit, as the home remembers it. */
const Confirmation = Type.Object({ code: Type.String(), confirmedAt: Type.String() }, strict)
export type Confirmation = Type.Static<typeof Confirmation>

/** Reads what a kit is made of. Throws the error of the file system when it may not, or when nothing was ever started. */
export function makeRecoveryKit(
  place: { home: string; rootKeyFile: string; keeperFolder: string },
  now: Date,
): RecoveryKit {
  const rootKey = readFileSync(place.rootKeyFile)
  return {
    format: 1,
    madeAt: now.toISOString(),
    home: place.home,
    rootKeyFile: place.rootKeyFile,
    rootKey: rootKey.toString('base64'),
    hasPassphrase: rootKey.includes('"wrapped"'),
    state: readFileSync(join(place.keeperFolder, STATE_FILE)).toString('base64'),
    code: checkCode(rootKey),
  }
}

/** Twelve letters in groups that tell this root key from others and say nothing of it. */
export function checkCode(rootKey: Uint8Array): string {
  const digest = createHash('sha256').update('panoply recovery kit').update(rootKey).digest('hex')
  return (digest.slice(0, 12).match(/.{4}/g) ?? []).join('-')
}

/** The kit in a text. Null when it is none. */
export function readRecoveryKit(text: string): RecoveryKit | null {
  try {
    const kit: unknown = JSON.parse(text)
    return Check(RecoveryKit, kit) ? kit : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

/** Remembers in the home that the kit with this code is kept somewhere. */
export function confirmRecoveryKit(home: string, confirmation: Confirmation): void {
  const file = confirmationFile(home)
  writeFileSync(`${file}.new`, `${JSON.stringify(confirmation)}\n`, { mode: 0o644 })
  renameSync(`${file}.new`, file)
}

/** When a kit was confirmed; null when none was. */
export function readConfirmation(home: string): Confirmation | null {
  const file = confirmationFile(home)
  if (!existsSync(file)) return null
  const found: unknown = JSON.parse(readFileSync(file, 'utf8'))
  return Check(Confirmation, found) ? found : null
}

function confirmationFile(home: string): string {
  return join(home, 'recovery-kit.json')
}
