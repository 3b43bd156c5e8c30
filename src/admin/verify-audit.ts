// `panoply admin verify-audit FILE [--key VKEY] [--events] [--json]`: is this export of an audit log what was signed?
import { createReadStream } from 'node:fs'
import { parseArgs } from 'node:util'
import { type AuditVerdict, type VerifiedEvent, verifyAudit } from '#core/audit/verify-audit.ts'

const USAGE = `Usage: panoply admin verify-audit FILE [--key VKEY] [--events] [--json]
  --key VKEY  the public key of the log, as the trust page shows it; without it the key inside FILE is used
  --events    one line for each event: position, whether its personal part matches, the event
  --json      the verdict as one JSON object (events as JSON lines before it)
`

/** Runs the command on its arguments (without its name). Answers the exit code: 0 holds, 1 does not hold, 2 could not be checked. */
export async function runVerifyAudit(
  argv: readonly string[],
  write: (text: string) => void = (text) => process.stdout.write(text),
): Promise<number> {
  const options = { key: { type: 'string' }, events: { type: 'boolean' }, json: { type: 'boolean' } } as const
  let parsed: ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>
  try {
    parsed = parseArgs({ args: [...argv], options, allowPositionals: true })
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    write(`${error.message}\n${USAGE}`)
    return 2
  }
  const { values, positionals } = parsed
  const [file] = positionals
  if (file === undefined || positionals.length > 1) {
    write(USAGE)
    return 2
  }
  const print = (event: VerifiedEvent) =>
    write(
      values.json
        ? `${JSON.stringify({ position: event.position, personal: event.personal, event: JSON.parse(event.leaf) })}\n`
        : `${event.position}  ${event.personal.padEnd(7)}  ${event.leaf}\n`,
    )
  try {
    const verdict = await verifyAudit(createReadStream(file, { highWaterMark: 1024 * 1024 }), {
      key: values.key,
      onEvent: values.events ? print : undefined,
    })
    write(values.json ? `${JSON.stringify(verdict)}\n` : describe(verdict))
    return verdict.ok ? 0 : 1
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && 'syscall' in error)) throw error
    write(values.json ? `${JSON.stringify({ ok: false, error: error.message })}\n` : `${error.message}\n`)
    return 2
  }
}

function describe(verdict: AuditVerdict): string {
  const { ok, fault, origin, size, events, personal, key, keyFrom } = verdict
  if (!ok) return `NOT VALID: line ${fault?.line}: ${fault?.message} (${fault?.code})\n`
  const extent = verdict.complete
    ? `all ${size} events of the log`
    : `${events} events out of the ${size} of the log`
  const trust =
    keyFrom === 'given'
      ? 'The signature holds by the key you gave.'
      : `The signature holds by the key in the file itself; compare it with the one you know:\n  ${key}`
  return (
    `Valid: ${extent} ${origin} are as they were signed.\n` +
    `Personal parts: ${personal.matches} match, ${personal.absent} erased, ${personal.none} events have none.\n${trust}\n`
  )
}
