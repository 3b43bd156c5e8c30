// What the doctor looks from: the home as it was found, whoever looks, and whether an installation runs on it. Must stay true: it is made
// of whatever is there, also when that is nothing or garbage; it changes nothing.
import { lstatSync, readFileSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import { buildConfig, type Config, ConfigError, homeOf } from '#core/config.ts'
import { isRunning, type ProcessIdentity } from '#core/process-identity.ts'

export interface Ground {
  readonly home: string
  /** Null when installation.json is not there, not readable or not one; `configFault` says which. */
  readonly config: Config | null
  readonly configFault: string | null
  readonly appFolder: string
  readonly now: Date
  readonly uid: number
  /** Whether whoever asks is neither root nor the owner of the home, and would mistake what is closed for what is missing. */
  readonly isStranger: boolean
  /** The process of `up` that holds the home, or null. */
  readonly up: ProcessIdentity | null
  /** PANOPLY_* of the running `up`, or of this command's own surroundings when none runs; null when they cannot be read. */
  readonly told: Readonly<Record<string, string>> | null
}

/** Looks at a home. Throws nothing that its state could be the reason of. */
export function openGround(options: {
  home?: string
  env: NodeJS.ProcessEnv
  appFolder: string
  now: Date
}): Ground {
  const home = homeOf(options.home, options.env)
  let config: Config | null = null
  let configFault: string | null = null
  try {
    config = buildConfig({ role: 'admin', home, env: options.env })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    configFault = error.message
  }
  const up = readUp(home)
  const uid = process.getuid?.() ?? 0
  const folder = look(home)
  return {
    home,
    config,
    configFault,
    appFolder: options.appFolder,
    now: options.now,
    uid,
    isStranger: uid !== 0 && (typeof folder === 'string' || folder.uid !== uid),
    up,
    told: up ? environmentOf(up.pid) : panoplyOf(options.env),
  }
}

/** What `lstat` answers, or the code of its error. */
export function look(path: string): Stats | string {
  try {
    return lstatSync(path)
  } catch (error) {
    return codeOf(error)
  }
}

/** A file's text, or null when it is not there or not ours to read. */
export function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    codeOf(error)
    return null
  }
}

/** A file's JSON, or undefined when it is not there, not ours to read, or no JSON. */
export function readJson(file: string): unknown {
  const text = readText(file)
  if (text === null) return undefined
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** The code of an error of the system; anything else is thrown on. */
export function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code
  throw error
}

/** A process as `up` notes it, when what was noted is one. */
export function asIdentity(value: unknown): ProcessIdentity | null {
  if (typeof value !== 'object' || value === null || !('pid' in value) || !('started' in value)) return null
  const { pid, started } = value
  return typeof pid === 'number' && typeof started === 'string' ? { pid, started } : null
}

function readUp(home: string): ProcessIdentity | null {
  const holder = asIdentity(readJson(join(home, 'up', 'up.pid')))
  return holder && isRunning(holder) ? holder : null
}

function environmentOf(pid: number): Record<string, string> | null {
  const text = readText(`/proc/${pid}/environ`)
  if (text === null) return null
  return panoplyOf(Object.fromEntries(text.split('\0').map((line) => splitAt(line, line.indexOf('=')))))
}

function splitAt(text: string, at: number): [string, string] {
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

function panoplyOf(env: NodeJS.ProcessEnv): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(env))
    if (name.startsWith('PANOPLY_') && value !== undefined) kept[name] = value
  return kept
}
