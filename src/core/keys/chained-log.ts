// A log of JSON lines, each holding the SHA-256 of the one before, in numbered files. The keeper writes it, anybody can check it.
// Must stay true: a line once written never changes; `append` resolves only when its line is in the file.
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { type FileHandle, open, truncate } from 'node:fs/promises'
import { join } from 'node:path'

const FILE = /^\d{6}\.jsonl$/
const BEGINNING = '0'.repeat(64)

export interface LogEntry {
  caller: string
  op: string
  outcome: string
  /** Ids, names and numbers only: never a key, a password or a text. */
  about: Record<string, string | number>
  /** Sequence of the writer's state at that moment. */
  sequence: number
}

export interface ChainedLog {
  /** Hash of the last line. */
  readonly head: string
  /** The highest state sequence the log knows, 0 when empty. */
  readonly sequence: number
  /** Where the newest file does not verify, for the operator. */
  readonly broken: string | null
  /** Resolves once the line is written; lines keep the order of the calls. */
  append(entry: LogEntry): Promise<void>
  close(): Promise<void>
}

export interface LogPlace {
  folder: string
  now(): Date
  /** Bytes after which a new file begins. */
  rotateAt?: number
}

/** Opens the log at its end. A line torn by a crash is cut off: nothing was answered for it. */
export async function openChainedLog({
  folder,
  now,
  rotateAt = 16 * 2 ** 20,
}: LogPlace): Promise<ChainedLog> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const names = logFiles(folder)
  let number = names.length === 0 ? 1 : Number.parseInt(names.at(-1) ?? '', 10)
  let size = 0
  let end: LogEnd = { head: BEGINNING, count: 0, sequence: 0, broken: null }
  let broken: string | null = null
  // The newest file is empty when a crash fell between its creation and its first line; then the one before it tells.
  for (const name of names.toReversed()) {
    const text = readFileSync(join(folder, name), 'utf8')
    const whole = text.slice(0, text.lastIndexOf('\n') + 1)
    if (whole.length < text.length) await truncate(join(folder, name), Buffer.byteLength(whole))
    if (name === names.at(-1)) size = Buffer.byteLength(whole)
    end = verifyLines(whole, null)
    broken = end.broken === null ? null : `${name}: ${end.broken}`
    if (end.count > 0) break
  }
  let { head, count } = end
  let file: FileHandle = await open(join(folder, fileName(number)), 'a', 0o600)
  let waiting: string[] = []
  let writing = Promise.resolve()

  async function flush(): Promise<void> {
    const lines = waiting.join('')
    if (lines === '') return
    waiting = []
    try {
      await file.appendFile(lines)
    } catch (cause) {
      // Nothing is answered for these lines now, but they stay in the chain and are written with the next.
      waiting.unshift(lines)
      await file.truncate(size)
      throw cause
    }
    size += Buffer.byteLength(lines)
    if (size < rotateAt) return
    await file.sync()
    await file.close()
    number += 1
    size = 0
    file = await open(join(folder, fileName(number)), 'a', 0o600)
  }

  return {
    get head() {
      return head
    },
    sequence: end.sequence,
    broken,
    append({ caller, op, outcome, about, sequence }) {
      count += 1
      const line = JSON.stringify({
        n: count,
        at: now().toISOString(),
        caller,
        op,
        outcome,
        about,
        sequence,
        prev: head,
      })
      head = createHash('sha256').update(line).digest('hex')
      waiting.push(`${line.slice(0, -1)},"hash":"${head}"}\n`)
      writing = writing.then(flush, flush)
      return writing
    },
    async close() {
      await writing.then(flush, flush)
      await file.sync()
      await file.close()
    },
  }
}

/** Reads the whole log and checks every hash. `broken` names the first line that does not follow from the one before. */
export function verifyChainedLog(folder: string): { lines: number; head: string; broken: string | null } {
  let head = BEGINNING
  let lines = 0
  for (const name of logFiles(folder)) {
    const end = verifyLines(readFileSync(join(folder, name), 'utf8'), head)
    if (end.broken !== null) return { lines: end.count, head: end.head, broken: `${name}: ${end.broken}` }
    if (end.count > 0) ({ head, count: lines } = end)
  }
  return { lines, head, broken: null }
}

interface LogEnd {
  head: string
  count: number
  sequence: number
  broken: string | null
}

/** Checks one file; `before` null accepts whatever the first line says came before. */
function verifyLines(text: string, before: string | null): LogEnd {
  const end: LogEnd = { head: before ?? BEGINNING, count: 0, sequence: 0, broken: null }
  let expected = before
  for (const line of text.split('\n')) {
    if (line === '') continue
    const match =
      /^(?<body>\{"n":(?<n>\d+),.*"sequence":(?<sequence>\d+),"prev":"(?<prev>[0-9a-f]{64})"),"hash":"(?<hash>[0-9a-f]{64})"\}$/.exec(
        line,
      )
    const { body, n, sequence, prev, hash } = match?.groups ?? {}
    const isRight =
      (expected === null || prev === expected) &&
      createHash('sha256').update(`${body}}`).digest('hex') === hash
    if (!isRight) end.broken ??= `line after ${end.count} does not verify`
    expected = hash ?? null
    end.head = hash ?? end.head
    end.count = n === undefined ? end.count + 1 : Number(n)
    end.sequence = Math.max(end.sequence, Number(sequence ?? 0))
  }
  return end
}

function logFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => FILE.test(name))
    .sort()
}

function fileName(number: number): string {
  return `${String(number).padStart(6, '0')}.jsonl`
}
