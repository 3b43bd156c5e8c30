// Checks an export file offline, by the public key alone. Knows nothing of databases or of this installation.
// Must stay true: everything it says comes from hashes and the signature, never from a field that merely claims it; a line that could
// be read in two ways is refused; without a key from elsewhere nothing is called valid; memory does not grow with the file.
import { isUtf8 } from 'node:buffer'
import { CheckpointBroken, parseTreeHead, parseVerifierKey, verifyCheckpoint } from './checkpoint.ts'
import { createRootBuilder } from './merkle.ts'
import { readAll } from './read-all-lines.ts'
import {
  type AuditFault,
  type ExportHead,
  expectAfter,
  expectExactly,
  Fault,
  isObject,
  type LinesRead,
  type PersonalMatch,
  readObject,
  type VerifiedEvent,
} from './verify-lines.ts'

/** What was verified. `complete`: every event of the log up to `size` is in the file. */
export interface AuditVerdict {
  /** Nothing is at fault, and the key was given: the file is what the log's owner signed. */
  readonly ok: boolean
  /** `consistent`: the file fits the key inside it, which whoever wrote the file may have put there. */
  readonly verdict: 'valid' | 'consistent' | 'broken'
  /** Null unless broken. `line` counts from 1. */
  readonly fault: { readonly code: AuditFault; readonly line: number; readonly message: string } | null
  readonly origin: string | null
  readonly size: number
  readonly root: string | null
  readonly complete: boolean
  readonly events: number
  readonly personal: Readonly<Record<PersonalMatch, number>>
  /** The vkey that holds, and whether it was given or merely stands in the file itself. */
  readonly key: string | null
  readonly keyFrom: 'given' | 'file'
}

export interface VerifyAuditOptions {
  /** The vkey obtained some other way than with the file. */
  readonly key?: string | undefined
  readonly onEvent?: ((event: VerifiedEvent) => void) | undefined
}

const LONGEST_LINE = 1024 * 1024

/**
 * Reads an export as a stream of bytes and judges it; a long one in several threads, unless each event is asked for. Never throws for
 * what is in the file; a failing read is thrown on.
 */
export async function verifyAudit(
  file: AsyncIterable<Uint8Array>,
  { key, onEvent }: VerifyAuditOptions = {},
): Promise<AuditVerdict> {
  const personal = { matches: 0, absent: 0, none: 0 }
  const tree = createRootBuilder()
  let header: Header | undefined
  let line = 0
  let events = 0
  let last = -1
  let hasEnded = false

  /** Takes in what was read of the lines that come next. */
  function join(read: LinesRead | undefined, { checkpoint, filter }: Header): void {
    if (!read) throw new Fault('truncated', line + 1, 'the last line is not complete')
    const before = line
    line += read.lines
    if (hasEnded) throw new Fault('trailing_text', before + 1, 'there is text after the footer')
    if (read.first !== null) expectAfter(last, read.first, filter === null, before + 1)
    for (const kind of ['matches', 'absent', 'none'] as const) personal[kind] += read.personal[kind]
    for (const { hash, height } of filter === null ? read.subtrees : []) tree.push(hash, height)
    events += read.events
    last = read.last ?? last
    if (read.footer) endWith(read.footer, before + read.footer.line, checkpoint)
    if (read.fault) throw new Fault(read.fault.code, before + read.fault.line, read.fault.message)
  }

  function endWith(footer: NonNullable<LinesRead['footer']>, at: number, checkpoint: string): void {
    hasEnded = true
    if (footer.events !== events)
      throw new Fault(
        'missing_events',
        at,
        `the footer counts ${String(footer.events)} events, the file has ${events}`,
      )
    if (footer.checkpoint !== checkpoint)
      throw new Fault('bad_checkpoint', at, 'the checkpoints of header and footer differ')
  }

  function finish({ head, filter }: Header): void {
    if (!hasEnded)
      throw new Fault('truncated', line, `the file ends after ${events} events, without its footer`)
    const isWhole = filter === null
    if (isWhole && events !== head.size)
      throw new Fault(
        'missing_events',
        line,
        `the checkpoint covers ${head.size} events, the file has ${events}`,
      )
    if (isWhole && !tree.root().equals(head.root))
      throw new Fault(
        'altered_log',
        line,
        'the events do not give the root that was signed: at least one was altered, with its hash',
      )
  }

  function verdict(fault: AuditVerdict['fault']): AuditVerdict {
    return {
      ok: fault === null && key !== undefined,
      verdict: fault !== null ? 'broken' : key === undefined ? 'consistent' : 'valid',
      fault,
      origin: header?.head.origin ?? null,
      size: header?.head.size ?? 0,
      root: header?.head.root.toString('hex') ?? null,
      complete: fault === null && header?.filter === null,
      events,
      personal,
      key: header?.key ?? null,
      keyFrom: key === undefined ? 'file' : 'given',
    }
  }

  try {
    const pieces = linesOf(file)
    const { text, rest } = await firstLine(pieces)
    line = 1
    header = readHeader(text, key)
    for await (const read of readAll(rest, header, onEvent)) join(read, header)
    finish(header)
    return verdict(null)
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return verdict({ code: error.code, line: error.line, message: error.message })
  }
}

interface Header extends ExportHead {
  readonly key: string
  readonly checkpoint: string
}

function readHeader(text: string, given: string | undefined): Header {
  const line = 1
  const value = readObject(text, line, 'not_an_export')
  const { format, origin, key, checkpoint, filter } = value
  if (format !== 'panoply-audit/1' || typeof checkpoint !== 'string' || typeof key !== 'string')
    throw new Fault('not_an_export', line, 'the file does not begin with the header of an audit export')
  if (!isFilter(filter)) throw new Fault('bad_line', line, 'the header asks for something unknown')
  expectExactly(text, { format, origin, key, checkpoint, filter }, line)
  try {
    const name = parseVerifierKey(given ?? key).name
    if (name !== parseTreeHead(checkpoint).origin || name !== origin)
      throw new Fault('wrong_key', line, `the key belongs to ${name}, the log is ${String(origin)}`)
    const head = verifyCheckpoint(checkpoint, parseVerifierKey(given ?? key))
    if (given !== undefined && given.trim() !== key)
      throw new Fault('wrong_key', line, 'the file names another key than the one that was given')
    return { head, key: given ?? key, checkpoint, filter }
  } catch (error) {
    if (!(error instanceof CheckpointBroken)) throw error
    throw new Fault('bad_checkpoint', line, error.message)
  }
}

const FILTERS = new Set(['action', 'actor', 'record', 'outcome', 'from', 'to'])

function isFilter(filter: unknown): filter is Readonly<Record<string, string>> | null {
  if (filter === null) return true
  if (!isObject(filter)) return false
  const members = Object.entries(filter)
  return (
    members.length > 0 && members.every(([name, value]) => FILTERS.has(name) && typeof value === 'string')
  )
}

/** The first line, and the pieces after it. */
async function firstLine(
  pieces: AsyncGenerator<Buffer | undefined>,
): Promise<{ text: string; rest: AsyncGenerator<Buffer | undefined> }> {
  const { value: first, done } = await pieces.next()
  if (done) throw new Fault('not_an_export', 0, 'the file is empty')
  if (!first) throw new Fault('truncated', 1, 'the last line is not complete')
  const end = first.indexOf(10)
  const text = end < 0 ? first : first.subarray(0, end)
  if (!isUtf8(text)) throw new Fault('bad_line', 1, 'from this line on the file is no UTF-8 text')
  async function* rest(): AsyncGenerator<Buffer | undefined> {
    if (end >= 0 && first) yield first.subarray(end + 1)
    yield* pieces
  }
  return { text: text.toString('utf8'), rest: rest() }
}

/** Complete lines, many at a time, the last newline of them left out; undefined when the file does not end with a newline or a line has no end. */
async function* linesOf(file: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer | undefined> {
  let rest: Buffer[] = []
  let held = 0
  for await (const chunk of file) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    const end = bytes.lastIndexOf(10)
    if (end < 0) {
      rest.push(bytes)
      held += bytes.length
      if (held > LONGEST_LINE) break
      continue
    }
    yield Buffer.concat([...rest, bytes.subarray(0, end)])
    rest = end + 1 < bytes.length ? [bytes.subarray(end + 1)] : []
    held = bytes.length - end - 1
  }
  if (held > 0) yield undefined
}
