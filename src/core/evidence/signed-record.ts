// A run of tests or a drill as a signed record: made by the test runner, brought to an installation, judged there.
// Must stay true: nothing in a record counts before its signature holds by a key that the operator trusts.
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { CheckpointBroken, encodeVerifierKey, parseVerifierKey } from '../audit/checkpoint.ts'
import { type Finding, judge, type RecordedEvidence } from './evidence.ts'

const KEY_NAME = 'panoply/tests'
const strict = { additionalProperties: false } as const

const TestRecord = Type.Object(
  {
    version: Type.Literal(1),
    at: Type.String({ format: 'date-time' }),
    program: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    commit: Type.Union([Type.String({ pattern: '^[0-9a-f]{40,64}$' }), Type.Null()]),
    tests: Type.Array(
      Type.Object(
        {
          file: Type.String({ maxLength: 300 }),
          name: Type.String({ maxLength: 2000 }),
          kind: Type.Enum(['passed', 'failed', 'skipped']),
          milliseconds: Type.Number({ minimum: 0 }),
        },
        strict,
      ),
    ),
  },
  strict,
)
const Signed = Type.Object({ record: Type.String(), key: Type.String(), signature: Type.String() }, strict)
const checkSigned = Compile(Signed)
const checkRecord = Compile(TestRecord)

/** What ran, when, on which program. */
export type TestRecord = Type.Static<typeof TestRecord>

/** The file does not count; `message` says why, for the operator. */
export class RecordRefused extends Error {
  override readonly name = 'RecordRefused'
}

/** A new signing key: PKCS #8 PEM, and the text of its public key. */
export function newSigningKey(): { pem: string; key: string } {
  const { privateKey } = generateKeyPairSync('ed25519')
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  return { pem, key: publicKeyOf(pem) }
}

/** The public key of a signing key, as vkey text. */
export function publicKeyOf(pem: string): string {
  const { x } = createPublicKey(createPrivateKey(pem)).export({ format: 'jwk' })
  return encodeVerifierKey(KEY_NAME, Buffer.from(x ?? '', 'base64url'))
}

/** The text of a signed record. */
export function signRecord(record: TestRecord, pem: string): string {
  const text = JSON.stringify(record)
  const signature = sign(null, Buffer.from(text), createPrivateKey(pem)).toString('base64')
  return `${JSON.stringify({ record: text, key: publicKeyOf(pem), signature })}\n`
}

/** Opens a signed record when one of `trusted` (vkeys) signed it. Throws RecordRefused. */
export function openRecord(text: string, trusted: readonly string[]): { record: TestRecord; key: string } {
  const signed = parse(text)
  if (!checkSigned.Check(signed)) throw new RecordRefused('This is not a signed record.')
  if (!trusted.includes(signed.key))
    throw new RecordRefused(`The key of the record is not trusted here: ${signed.key}`)
  try {
    const { key } = parseVerifierKey(signed.key)
    if (!verify(null, Buffer.from(signed.record), key, Buffer.from(signed.signature, 'base64')))
      throw new RecordRefused('The signature of the record does not hold.')
  } catch (error) {
    if (error instanceof CheckpointBroken) throw new RecordRefused(error.message)
    throw error
  }
  const record = parse(signed.record)
  if (!checkRecord.Check(record)) throw new RecordRefused('The record has not the form of one.')
  return { record, key: signed.key }
}

/** What a record says about one evidence: all its files must be in it, and every test in them passed. One that was left out shows nothing. */
export function judgeRecord(evidence: RecordedEvidence, record: TestRecord): Finding {
  const faults: string[] = []
  const missing: string[] = []
  let tests = 0
  let skipped = 0
  for (const file of evidence.files) {
    const held = record.tests.filter((test) => test.file === file)
    if (!held.some(({ kind }) => kind === 'passed')) missing.push(`${file} was not run`)
    for (const { kind, name } of held) {
      tests++
      if (kind === 'failed') faults.push(`failed: ${name}`)
      if (kind === 'skipped') {
        skipped++
        missing.push(`not run: ${name}`)
      }
    }
  }
  const looked = { files: evidence.files.length, tests, skipped }
  if (faults.length === 0 && missing.length > 0) return { outcome: 'unknown', looked, faults: missing }
  return judge(looked, faults)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
