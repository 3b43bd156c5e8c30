/** What a record of tests says about one evidence, when its files passed, when one of them failed, and when one was not run. */
import assert from 'node:assert/strict'
import type { Evidence } from '#core/evidence/evidence.ts'
import { judgeRecord } from '#core/evidence/signed-record.ts'

/** Holds the evidence to it that a failure anywhere in its files is the failure of its claims. */
export function assertJudged(manifest: readonly Evidence[], name: string): void {
  const evidence = manifest.find((one) => one.name === name)
  assert.ok(evidence && evidence.kind !== 'live', name)
  const line = (file: string, kind: 'passed' | 'failed') => ({ file, kind, name: 'a test', milliseconds: 1 })
  const passed = evidence.files.map((file) => line(file, 'passed'))
  const outcomeOf = (tests: typeof passed) =>
    judgeRecord(evidence, {
      version: 1,
      at: new Date().toISOString(),
      program: 'a'.repeat(64),
      commit: null,
      tests,
    }).outcome
  assert.equal(outcomeOf(passed), 'pass')
  for (const file of evidence.files) assert.equal(outcomeOf([...passed, line(file, 'failed')]), 'fail', file)
  assert.equal(outcomeOf(passed.slice(1)), 'unknown')
}
