/**
 * After a whole test run: its record, signed, in dist/evidence, where an installation started from this folder finds it. The key
 * is made at the first run and stays with the user; an installation of the same user trusts it.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { keyFolderOf } from '#core/config.ts'
import { ownRecordFile } from '#core/evidence/evidence-place.ts'
import { programDigest } from '#core/evidence/program-digest.ts'
import { newSigningKey, publicKeyOf, signRecord, type TestRecord } from '#core/evidence/signed-record.ts'
import { ownTestKeyFile } from '#up/trust-own-tests.ts'
import type { TestLine } from './test-record.ts'

/** Signs what ran and answers the file. */
export function signTests(root: string, tests: readonly TestLine[], folder = keyFolderOf()): string {
  const record: TestRecord = {
    version: 1,
    at: new Date().toISOString(),
    program: programDigest(root),
    commit: commitOf(root),
    tests: tests.map(({ file, name, kind, milliseconds }) => ({
      file,
      name: name.slice(0, 2000),
      kind,
      milliseconds,
    })),
  }
  const file = ownRecordFile(root)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, signRecord(record, signingKey(folder)))
  return file
}

function signingKey(folder: string): string {
  const file = join(folder, 'tests.key')
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeFileSync(file, newSigningKey().pem, { mode: 0o600 })
  }
  const pem = readFileSync(file, 'utf8')
  writeFileSync(ownTestKeyFile(folder), `${publicKeyOf(pem)}\n`, { mode: 0o644 })
  return pem
}

/** The commit that is checked out, without changes; null where that cannot be said. */
function commitOf(root: string): string | null {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  try {
    return git('status', '--porcelain') === '' ? git('rev-parse', 'HEAD') : null
  } catch (error) {
    // A release has no history, and a machine may have no git.
    if (error instanceof Error) return null
    throw error
  }
}
