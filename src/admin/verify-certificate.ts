// `panoply admin verify-certificate FILE [--key VKEY] [--json]`: was this destroyed, and who says so?
import { readFileSync } from 'node:fs'
import { type CertificateVerdict, verifyCertificate } from '#core/destruction/verify-certificate.ts'
import { readFileArgument, tellUnreadable } from './read-file-argument.ts'

const USAGE = `Usage: panoply admin verify-certificate FILE [--key VKEY] [--json]
  --key VKEY  the public key of the log, from where you trust it and not from FILE: the audit screen shows it, and
              GET /v1/audit/checkpoint answers it as \`key\`. Without it FILE is only shown to be consistent in itself.
  --json      the verdict as one JSON object
`
const EXIT_CODES = { valid: 0, broken: 1, consistent: 3 } as const

/** Runs the command on its arguments (without its name). Answers the exit code: 0 holds by the given key, 1 does not hold, 2 could not be checked, 3 consistent but no key was given. */
export async function runVerifyCertificate(
  argv: readonly string[],
  write: (text: string) => void = (text) => process.stdout.write(text),
): Promise<number> {
  const options = { key: { type: 'string' }, json: { type: 'boolean' } } as const
  const given = readFileArgument(argv, options, USAGE)
  if (typeof given === 'string') {
    write(given)
    return 2
  }
  const { file, values } = given
  try {
    const verdict = verifyCertificate(readFileSync(file, 'utf8'), values.key)
    write(values.json ? `${JSON.stringify(verdict)}\n` : describe(verdict))
    return EXIT_CODES[verdict.verdict]
  } catch (error) {
    return tellUnreadable(error, write, values.json === true)
  }
}

function describe(found: CertificateVerdict): string {
  if (found.verdict === 'broken') return `NOT VALID: ${found.reason}\n`
  const { kind, subject, keys, indexKeys, destroyedAt, loansEndedAt, forgottenEpochs, forgottenAt } =
    found.facts
  const { livingEpoch, keeperSequence, certifiedAt } = found.facts
  const older = indexKeys ? ` With it went ${count(indexKeys)} of the search index.` : ''
  const text = `The ${kind} ${subject} of ${found.origin} was destroyed at ${destroyedAt}: ${count(keys)} (${keys}).${older}
Copies of them that processes had been lent ended by ${loansEndedAt}.
At ${forgottenAt} the keeper had forgotten epoch ${forgottenEpochs} of the region and held ${livingEpoch} and later
(its state ${keeperSequence}): no wrapped key in any older backup or log opens since. Certified at ${certifiedAt}.
`
  return found.verdict === 'valid'
    ? `Valid. ${text}The signature holds by the key you gave.\n`
    : `Consistent in itself, but not shown to be from ${found.origin}: give the key of the log with --key.\n${text}`
}

function count(ids: string): string {
  const versions = ids.split(' ').filter((id) => id !== '').length
  return versions === 1 ? '1 key' : `${versions} keys`
}
