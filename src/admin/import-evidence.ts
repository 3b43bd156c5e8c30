// `panoply admin import-evidence FILE [--home DIR] [--trust-key VKEY] [--json]`: the record of a test run or a drill, made and
// signed elsewhere, comes to this installation. Who may write to the home may do it; the cell process judges what it says.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { buildConfig } from '#core/config.ts'
import { evidencePlace, readTrustedKeys } from '#core/evidence/evidence-place.ts'
import { programDigest } from '#core/evidence/program-digest.ts'
import { openRecord, RecordRefused } from '#core/evidence/signed-record.ts'
import { readFileArgument, tellUnreadable } from './read-file-argument.ts'

const USAGE = `Usage: panoply admin import-evidence FILE [--home DIR] [--trust-key VKEY] [--json]
  --home DIR        the installation; the default one unless said
  --trust-key VKEY  records signed by this key count here from now on
  --json            the outcome as one JSON object
`

/** Runs the command on its arguments (without its name). Answers the exit code: 0 taken, 1 refused, 2 could not be read. */
export async function runImportEvidence(
  argv: readonly string[],
  write: (text: string) => void = (text) => process.stdout.write(text),
): Promise<number> {
  const options = {
    home: { type: 'string' },
    'trust-key': { type: 'string' },
    json: { type: 'boolean' },
  } as const
  const asked = readFileArgument(argv, options, USAGE)
  if (typeof asked === 'string') {
    write(asked)
    return 2
  }
  const { file, values } = asked
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    return tellUnreadable(error, write, values.json === true)
  }
  const config = buildConfig({ role: 'admin', ...(values.home ? { home: values.home } : {}) })
  const place = evidencePlace(config.home)
  const given = values['trust-key']
  const trusted = [...readTrustedKeys(config.home), ...(given ? [given] : [])]
  try {
    const { record, key } = openRecord(text, trusted)
    mkdirSync(place.folder, { recursive: true })
    if (given) writeFileSync(place.keysFile, `${[...new Set(trusted)].join('\n')}\n`, { mode: 0o644 })
    writeFileSync(`${place.recordFile}.new`, text, { mode: 0o644 })
    renameSync(`${place.recordFile}.new`, place.recordFile)
    const isThis = record.program === programDigest(config.appFolder)
    const count = record.tests.length
    write(
      values.json
        ? `${JSON.stringify({ ok: true, tests: count, at: record.at, key, isThisProgram: isThis })}\n`
        : `Taken: ${count} tests of ${record.at}.${isThis ? '' : ' They were run on another program than the one here, so their claims stay UNKNOWN.'}\n`,
    )
    return 0
  } catch (error) {
    if (!(error instanceof RecordRefused)) throw error
    write(values.json ? `${JSON.stringify({ ok: false, error: error.message })}\n` : `${error.message}\n`)
    return 1
  }
}
