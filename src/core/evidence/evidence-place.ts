// Where evidence that was brought in lies: below the home, written by the operator or `up`, readable by the cell process.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface EvidencePlace {
  readonly folder: string
  /** Public keys whose records count, a vkey a line. */
  readonly keysFile: string
  /** The record that the operator brought in. */
  readonly recordFile: string
}

/** The place in a home. */
export function evidencePlace(home: string): EvidencePlace {
  const folder = join(home, 'evidence')
  return { folder, keysFile: join(folder, 'keys'), recordFile: join(folder, 'test-record.json') }
}

/** The record that a test run left in the program's folder. */
export function ownRecordFile(appFolder: string): string {
  return join(appFolder, 'dist/evidence/test-record.json')
}

/** Keys that are trusted in this home. */
export function readTrustedKeys(home: string): string[] {
  const { keysFile } = evidencePlace(home)
  return existsSync(keysFile) ? readFileSync(keysFile, 'utf8').split('\n').filter(Boolean) : []
}
