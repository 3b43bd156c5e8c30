// `panoply admin verify-audit FILE [--key VKEY] [--events] [--json]`: is this export of an audit log what was signed?
import { createReadStream } from 'node:fs'
import { type AuditVerdict, verifyAudit } from '#core/audit/verify-audit.ts'
import type { VerifiedEvent } from '#core/audit/verify-lines.ts'
import { readFileArgument, tellUnreadable } from './read-file-argument.ts'

const USAGE = `Usage: panoply admin verify-audit FILE [--key VKEY] [--events] [--json]
  --key VKEY  the public key of the log, from where you trust it and not from FILE: the audit screen shows it, and
              GET /v1/audit/checkpoint answers it as \`key\`. Without it the key inside FILE is used, which shows only that
              FILE is consistent in itself: whoever forges a log can sign it with a key of their own.
  --events    one line for each event: position, whether its personal part matches, the event
  --json      the verdict as one JSON object (events as JSON lines before it)
`

const EXIT_CODES = { valid: 0, broken: 1, consistent: 3 } as const

/** Runs the command on its arguments (without its name). Answers the exit code: 0 holds by the given key, 1 does not hold, 2 could not be checked, 3 consistent but no key was given. */
export async function runVerifyAudit(
  argv: readonly string[],
  write: (text: string) => void = (text) => process.stdout.write(text),
): Promise<number> {
  const options = { key: { type: 'string' }, events: { type: 'boolean' }, json: { type: 'boolean' } } as const
  const given = readFileArgument(argv, options, USAGE)
  if (typeof given === 'string') {
    write(given)
    return 2
  }
  const { file, values } = given
  const print = ({ position, personal, event }: VerifiedEvent) =>
    write(
      values.json
        ? `${JSON.stringify({ position, personal, event })}\n`
        : `${position}  ${personal.padEnd(7)}  ${JSON.stringify(event)}\n`,
    )
  try {
    const verdict = await verifyAudit(createReadStream(file, { highWaterMark: 1024 * 1024 }), {
      key: values.key,
      onEvent: values.events ? print : undefined,
    })
    write(values.json ? `${JSON.stringify(verdict)}\n` : describe(verdict))
    return EXIT_CODES[verdict.verdict]
  } catch (error) {
    return tellUnreadable(error, write, values.json === true)
  }
}

function describe(result: AuditVerdict): string {
  const { verdict, fault, origin, size, events, personal, key } = result
  if (verdict === 'broken') return `NOT VALID: line ${fault?.line}: ${fault?.message} (${fault?.code})\n`
  const extent = result.complete
    ? `all ${size} events of the log`
    : `${events} events out of the ${size} of the log`
  const parts =
    `Personal parts: ${personal.matches} match, ${personal.absent} are absent (erased, or cut out of this file; it does not tell), ` +
    `${personal.none} events have none.\n`
  if (verdict === 'valid')
    return `Valid: ${extent} ${origin} are as they were signed.\n${parts}The signature holds by the key you gave.\n`
  return (
    `Consistent in itself, but not shown to be from ${origin}: ${extent} fit the key in the file, which anybody could have put there.\n${parts}` +
    `The key in the file is\n  ${key}\nCompare it with the one on the audit screen or from GET /v1/audit/checkpoint, and give that with --key.\n`
  )
}
