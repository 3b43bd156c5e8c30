// How hard passwords are to guess, by zxcvbn (Wheeler, USENIX Security 2016), in a thread of their own: its lists take 80 MB and a guess up to
// half a second, so the thread ends when nobody has asked for a while. Must stay true: a password reaches nothing but this process.
import { Worker } from 'node:worker_threads'
import { PublicError } from '../errors.ts'

export interface PasswordStrength {
  /** It is on the list of those that are tried first. */
  readonly isListed: boolean
  /** 0 to 4: up to a thousand guesses, a million, a hundred million, ten billion, more. */
  readonly score: number
}

const IDLE_MS = 30_000
const PATIENCE_MS = 30_000

let thread: Worker | undefined
let idle: NodeJS.Timeout | undefined
let line: Promise<unknown> = Promise.resolve()

/**
 * Estimates a password of somebody of whom a guesser knows `personal`: name and address. Throws `busy` when the thread does not answer.
 * How many ask at once is the caller's to bound (Limits.choosePassword).
 */
export function passwordStrength(password: string, personal: readonly string[]): Promise<PasswordStrength> {
  // One at a time: each answer is the next one's turn.
  const mine = line.then(() => estimate(password, personal))
  line = mine.catch(() => undefined)
  return mine
}

async function estimate(password: string, personal: readonly string[]): Promise<PasswordStrength> {
  clearTimeout(idle)
  thread ??= begin()
  const asked = thread
  const { promise, resolve, reject } = Promise.withResolvers<PasswordStrength>()
  const late = setTimeout(() => reject(new PublicError('busy')), PATIENCE_MS)
  const broken = (cause: unknown) => reject(new Error('the thread of password-strength.ts ended', { cause }))
  asked.once('message', resolve).once('error', broken).once('exit', broken)
  asked.ref()
  asked.postMessage({ password, personal })
  try {
    const answer = await promise
    idle = setTimeout(() => end(asked), IDLE_MS).unref()
    return answer
  } catch (error) {
    end(asked)
    throw error
  } finally {
    clearTimeout(late)
    asked.off('message', resolve).off('error', broken).off('exit', broken)
    asked.unref()
  }
}

function begin(): Worker {
  const made = new Worker(new URL('./guess-password.thread.ts', import.meta.url))
  made.unref()
  // Also while nobody asks: what a thread dies of is no bug of this process, and the next question begins another.
  const forget = () => {
    if (thread === made) thread = undefined
  }
  made.on('error', forget).on('exit', forget)
  return made
}

function end(ended: Worker): void {
  if (thread === ended) thread = undefined
  void ended.terminate()
}
