// The queue library's log lines in ours. Only what it says about itself: its messages about jobs quote our own error codes.
import { Logger } from 'graphile-worker'
import type { Log } from '#core/log.ts'

/** A logger for the library; its chatter is debug, since a failed job is logged by the dispatcher with its reason. */
export function queueLogger(log: Log): Logger {
  return new Logger(() => (level, message, meta) => {
    const failure = meta && 'failure' in meta
    const told = { queue: message, error: meta?.error }
    if (level === 'error' && !failure) log.warn(told, 'queue')
    else log.debug(told, 'queue')
  })
}
