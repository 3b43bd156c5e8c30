// Owns: which records of tests count in a home. Whoever starts an installation trusts the tests they ran themselves.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { keyFolderOf } from '#core/config.ts'
import { evidencePlace, readTrustedKeys } from '#core/evidence/evidence-place.ts'

/** File of the public key of this user's test runs. */
export function ownTestKeyFile(folder = keyFolderOf()): string {
  return join(folder, 'tests.pub')
}

/** Adds the key of one's own test runs to those that count in the home, when there is one. */
export function trustOwnTests(home: string, file = ownTestKeyFile()): void {
  if (!existsSync(file)) return
  const key = readFileSync(file, 'utf8').trim()
  const known = readTrustedKeys(home)
  if (key === '' || known.includes(key)) return
  writeFileSync(evidencePlace(home).keysFile, `${[...known, key].join('\n')}\n`, { mode: 0o644 })
}
