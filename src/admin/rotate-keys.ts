// `panoply admin rotate-keys [--tenant DOMAIN|ID] [--home DIR] [--json]`: new keys for an organisation, and everything sealed again.
// The command holds no key and no database right: it asks the web, as the maker of an API key, and follows the activity.
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type Config, ConfigError, readConfig } from '#core/config.ts'
import { ERROR_CODES } from '#core/errors.ts'
import { Activity } from '#core/jobs/activity.schema.ts'
import { Rotation } from '#core/keys/key.schema.ts'
import { Organisation } from '#core/tenancy/organisation.schema.ts'
import { type AskWeb, openAskWeb, Refused, Unreachable } from './ask-web.ts'

const USAGE = `Usage: PANOPLY_API_KEY=… panoply admin rotate-keys [--tenant DOMAIN|ID] [--home DIR] [--json]
  PANOPLY_API_KEY  a key of the organisation, made by one of its administrators; its maker stands in the log
  --tenant         refuses to begin unless the key belongs to this organisation (its mail domain or its org_… id)
  --home           the installation, unless it is the usual one
  --json           one JSON object on stdout when it has ended
It takes at least twelve minutes: sealing waits until every process has the new keys. Stopping the command does not stop the rotation.
`
const PAUSE = 2000
/** How often the web may be away in a row before the command gives up watching. */
const TRIES = 60

/** Where the command writes, and what tests replace. */
export interface RotateKeysGround {
  readonly config?: Config
  out(text: string): void
  /** For people, beside the result. */
  err(text: string): void
  readonly isTerminal: boolean
  /** Milliseconds between two looks. */
  readonly pause: number
}

const ground: RotateKeysGround = {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  isTerminal: process.stderr.isTTY === true,
  pause: PAUSE,
}

/** Runs the command. Answers the exit code: 0 done, 1 failed or cancelled, 2 could not begin or could not be followed. */
export async function runRotateKeys(
  argv: readonly string[],
  { config, out, err, isTerminal, pause }: RotateKeysGround = ground,
): Promise<number> {
  const given = readArguments(argv)
  if (typeof given === 'string') {
    err(`${given}${USAGE}`)
    return 2
  }
  const { isJson, isHelp, tenant } = given
  if (isHelp) {
    out(USAGE)
    return 0
  }
  let activity: string | null = null
  try {
    const ask = openAskWeb(config ?? readConfig(['admin', ...argv]))
    const organisation = await ask('GET', '/v1/organisation', Organisation)
    if (tenant !== undefined && ![organisation.id, ...organisation.domains].includes(tenant))
      throw new Refused(
        'other_organisation',
        `The key belongs to ${organisation.domains.join(', ')}, not to ${tenant}.`,
      )
    activity = (await ask('POST', '/v1/keys/rotations', Rotation)).activityId
    const show = isTerminal && !isJson ? progressLine(err) : undefined
    const end = await follow(ask, activity, pause, (now) => show?.(now))
    if (show) err('\n')
    const { state, done, total, error } = end
    const isDone = state === 'done'
    if (isJson)
      out(`${JSON.stringify({ ok: isDone, tenant: organisation.id, activity, state, done, total, error })}\n`)
    else if (isDone)
      out(`The keys of ${organisation.name} are new, and ${done} parts are sealed with them.\n`)
    else
      out(
        `The rotation ${state === 'failed' ? 'failed' : 'was cancelled'}${error ? `: ${error.message}` : '.'}\n`,
      )
    return isDone ? 0 : 1
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof Refused || error instanceof Unreachable))
      throw error
    const code =
      error instanceof Refused ? error.code : error instanceof Unreachable ? 'unreachable' : 'not_configured'
    const isGoing = activity === null ? '' : ' The rotation goes on by itself; Activity shows it.'
    if (isJson) out(`${JSON.stringify({ ok: false, activity, error: { code, message: error.message } })}\n`)
    else err(`${error.message}${isGoing}\n`)
    return 2
  }
}

function readArguments(
  argv: readonly string[],
): { isJson: boolean; isHelp: boolean; tenant: string | undefined } | string {
  const options = {
    tenant: { type: 'string' },
    home: { type: 'string' },
    json: { type: 'boolean' },
    help: { type: 'boolean' },
  } as const
  try {
    const { values } = parseArgs({ args: [...argv], options })
    return {
      isJson: values.json === true,
      isHelp: values.help === true,
      tenant: values.tenant?.toLowerCase(),
    }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return `${error.message}\n`
  }
}

/** Waits for the end. A web that restarts, or says that trying again helps, is asked again. Throws Refused, Unreachable. */
async function follow(
  ask: AskWeb,
  id: string,
  pause: number,
  show: (activity: Activity) => void,
): Promise<Activity> {
  for (let away = 0; ; ) {
    try {
      const now = await ask('GET', `/v1/activity/${id}`, Activity)
      away = 0
      show(now)
      if (now.endedAt !== null) return now
    } catch (error) {
      if (!mayPass(error) || ++away >= TRIES) throw error
    }
    await delay(pause)
  }
}

function mayPass(error: unknown): boolean {
  if (error instanceof Unreachable) return true
  if (!(error instanceof Refused)) return false
  return Object.entries(ERROR_CODES).some(([code, { retry }]) => retry && code === error.code)
}

/** One line that is written over. */
function progressLine(err: (text: string) => void): (activity: Activity) => void {
  let last = ''
  return ({ state, done, total, createdAt }) => {
    const begins = new Date(Date.parse(createdAt) + 12 * 60_000).toTimeString().slice(0, 5)
    const line =
      state === 'waiting' && total === null
        ? `Waiting until every process has the new keys, about ${begins}.`
        : `Sealing again: ${done} of ${total ?? '?'} parts`
    if (line === last) return
    err(`\r${line.padEnd(last.length)}`)
    last = line
  }
}
