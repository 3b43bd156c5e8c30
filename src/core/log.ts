// Owns: the log of one process, JSON lines in home/logs/<role>.log.
// Logs hold configuration class only: no request bodies, no addresses, no text of people. Database errors are
// stripped to their codes, because PostgreSQL quotes values in its messages.
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Logger, pino } from 'pino'
import { openLogFile } from './log-file.ts'

export type Log = Logger

export interface LogPlace {
  role: string
  logFile: string
  logLevel: string
}

/** Opens the log of a role; lines are written at once, so a kill loses none. */
export function openLog(place: LogPlace): Log {
  mkdirSync(dirname(place.logFile), { recursive: true })
  return pino(
    {
      level: place.logLevel,
      base: { role: place.role, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: describeError, error: describeError, cause: describeError },
    },
    openLogFile(place.logFile),
  )
}

/** A log that goes nowhere, for tests and tools. */
export function silentLog(): Log {
  return pino({ level: 'silent' })
}

/**
 * What a log may hold of an error: its type, code and stack frames; its message too, unless the message may quote
 * somebody's text (errors of PostgreSQL, of parsers of JSON and of URLs) or names who was called (errors of connections, names, certificates
 * and mail).
 */
export function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error }
  const stack = (error.stack ?? '').split('\n').filter((line) => line.startsWith('    at '))
  const out: Record<string, unknown> = { type: error.name }
  if ('code' in error && typeof error.code === 'string') out.code = error.code
  if (isDatabaseError(error)) {
    for (const name of ['severity', 'schema', 'table', 'column', 'constraint', 'routine'] as const) {
      if (typeof error[name] === 'string') out[name] = error[name]
    }
  } else if (!(error instanceof SyntaxError) && out.code !== 'ERR_INVALID_URL' && !namesSomebody(error)) {
    out.message = error.message
  }
  out.stack = stack.join('\n')
  if (error.cause !== undefined) out.cause = describeError(error.cause)
  return out
}

function isDatabaseError(error: Error): error is Error & Record<string, unknown> {
  return 'severity' in error && 'routine' in error
}

/** As Node and the mail library mark them: a host, an address, a command of SMTP. Where we listen is our own. */
function namesSomebody(error: Error): boolean {
  if ('syscall' in error && error.syscall === 'listen') return false
  return ['hostname', 'host', 'address', 'command'].some((mark) => mark in error)
}
