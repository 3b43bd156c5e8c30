// Checks an export file offline, by the public key alone. Knows nothing of databases or of this installation.
// Must stay true: everything it says comes from hashes and the signature, never from a field that merely claims it; a line that could
// be read in two ways is refused; without a key from elsewhere nothing is called valid; memory does not grow with the file.
import { isUtf8 } from 'node:buffer'
import {
  CheckpointBroken,
  parseTreeHead,
  parseVerifierKey,
  type TreeHead,
  verifyCheckpoint,
} from './checkpoint.ts'
import { createRootBuilder, leafHashHex, verifyInclusion } from './merkle.ts'
import { personalHash } from './personal-part.ts'

export type AuditFault =
  | 'not_an_export'
  | 'wrong_key'
  | 'bad_checkpoint'
  | 'bad_line'
  | 'out_of_order'
  | 'missing_events'
  | 'altered_event'
  | 'altered_personal_part'
  | 'altered_log'
  | 'bad_proof'
  | 'truncated'
  | 'trailing_text'

/**
 * Whether the personal part in the file is the one the event committed to. `absent`: the event has one, the file has not; nothing in the
 * file tells whether its key was destroyed or somebody cut it out.
 */
export type PersonalMatch = 'matches' | 'absent' | 'none'

export interface VerifiedEvent {
  readonly position: number
  readonly leaf: string
  readonly personal: PersonalMatch
}

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

class Fault extends Error {
  readonly code: AuditFault
  readonly line: number
  constructor(code: AuditFault, line: number, message: string) {
    super(message)
    this.code = code
    this.line = line
  }
}

const LONGEST_LINE = 1024 * 1024
const PERSONAL_HASH = '"personalHash":"'

/** Reads an export as a stream of bytes and judges it. Never throws for what is in the file; a failing read is thrown on. */
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
  let ended = false

  function readLine(text: string): void {
    line++
    if (ended) throw new Fault('trailing_text', line, 'there is text after the footer')
    if (!header) {
      header = readHeader(text, line, key)
      return
    }
    const value = readObject(text, line)
    if (value.end === true) {
      ended = true
      const { end, events: counted, checkpoint } = value
      expectExactly(text, { end, events: counted, checkpoint }, line)
      if (value.events !== events)
        throw new Fault(
          'missing_events',
          line,
          `the footer counts ${String(value.events)} events, the file has ${events}`,
        )
      if (value.checkpoint !== header.checkpoint)
        throw new Fault('bad_checkpoint', line, 'the checkpoints of header and footer differ')
      return
    }
    readEvent(value, text, header)
  }

  function readEvent(value: Readonly<Record<string, unknown>>, text: string, { head, filter }: Header): void {
    const { position, hash, leaf, personal: part, salt, proof } = value
    if (typeof position !== 'number' || typeof leaf !== 'string')
      throw new Fault('bad_line', line, 'the line is no event: position or leaf is missing')
    const isWhole = filter === null
    if (!isWhole || !isWritten(text, { position, hash, leaf, part, salt })) {
      const only = { position, hash, leaf, personal: part, salt, ...(isWhole ? {} : { proof }) }
      expectExactly(text, only, line)
    }
    if (position <= last) throw new Fault('out_of_order', line, `position ${position} comes after ${last}`)
    if (isWhole && position !== last + 1)
      throw new Fault('missing_events', line, `after position ${last} comes ${position}`)
    if (position >= head.size)
      throw new Fault('missing_events', line, `position ${position} is beyond the checkpoint of ${head.size}`)
    const hashed = leafHashHex(leaf)
    if (hashed !== hash)
      throw new Fault(
        'altered_event',
        line,
        `the event at position ${position} does not have the hash that stands beside it`,
      )
    if (isWhole) tree.push(hashed)
    else if (!verifyInclusion(Buffer.from(hashed, 'hex'), position, head.size, readProof(proof), head.root))
      throw new Fault('bad_proof', line, `the event at position ${position} is not proven to be in the log`)
    if (filter !== null && !isSelected(filter, leaf))
      throw new Fault('bad_line', line, `the event at position ${position} is not one the header asks for`)
    const match = matchPersonal(value, leaf, line)
    personal[match]++
    events++
    last = position
    onEvent?.({ position, leaf, personal: match })
  }

  function finish(): void {
    if (!header) throw new Fault('not_an_export', line, 'the file is empty')
    if (!ended) throw new Fault('truncated', line, `the file ends after ${events} events, without its footer`)
    const { head, filter } = header
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
    for await (const lines of linesOf(file)) {
      if (lines === undefined) throw new Fault('truncated', line + 1, 'the last line is not complete')
      if (lines === null) throw new Fault('bad_line', line + 1, 'from this line on the file is no UTF-8 text')
      for (const text of lines) readLine(text)
    }
    finish()
    return verdict(null)
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return verdict({ code: error.code, line: error.line, message: error.message })
  }
}

interface Header {
  readonly head: TreeHead
  readonly key: string
  readonly checkpoint: string
  /** Null when every event of the log is there. */
  readonly filter: Readonly<Record<string, string>> | null
}

function readHeader(text: string, line: number, given: string | undefined): Header {
  const value = readObject(text, line)
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

/** The line is what {@link exportAudit} writes for these fields and nothing else: no unknown, doubled or moved field, no second spelling. */
function expectExactly(text: string, fields: Readonly<Record<string, unknown>>, line: number): void {
  if (JSON.stringify(fields) !== text)
    throw new Fault(
      'bad_line',
      line,
      'the line has fields that do not belong to it, twice, or in another spelling',
    )
}

/**
 * What {@link expectExactly} finds, in a third of the time, for the lines of a million events: beginning and end are compared, and what is
 * between has the length of its shortest spelling, which leaves no room for anything else. False says nothing.
 */
function isWritten(
  text: string,
  {
    position,
    hash,
    leaf,
    part,
    salt,
  }: Readonly<Record<'hash' | 'part' | 'salt', unknown>> & {
    readonly position: number
    readonly leaf: string
  },
): boolean {
  if (typeof part !== 'string' || typeof salt !== 'string') return false
  const start = `{"position":${position},"hash":"${String(hash)}","leaf":`
  const end = `,"salt":"${salt}"}`
  const between = writtenLength(leaf) + ',"personal":'.length + writtenLength(part)
  return text.length === start.length + between + end.length && text.startsWith(start) && text.endsWith(end)
}

/** Characters of a text without control characters as a JSON string. */
function writtenLength(text: string): number {
  let length = text.length + 2
  for (const escaped of ['"', '\\'])
    for (let at = text.indexOf(escaped); at >= 0; at = text.indexOf(escaped, at + 1)) length++
  return length
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

/** Whether an event is one that the filter asks for; ids carry the moment to the millisecond, as the filter compares it. */
function isSelected(filter: Readonly<Record<string, string>>, leaf: string): boolean {
  const event: unknown = JSON.parse(leaf)
  if (!isObject(event)) return false
  const { action, actor, record, outcome, from, to } = filter
  const at = Number.parseInt(String(event.id).replace('-', '').slice(0, 12), 16)
  return (
    (action === undefined || event.action === action || String(event.action).startsWith(`${action}.`)) &&
    (actor === undefined || event.actor === actor) &&
    (record === undefined || (isObject(event.record) && event.record.id === record)) &&
    (outcome === undefined || event.outcome === outcome) &&
    (from === undefined || at >= Date.parse(from)) &&
    (to === undefined || at < Date.parse(to))
  )
}

/** The hash in the leaf decides. Its last occurrence is the real one: only `detail`, which comes before, has free keys. */
function matchPersonal(value: Readonly<Record<string, unknown>>, leaf: string, line: number): PersonalMatch {
  const at = leaf.lastIndexOf(PERSONAL_HASH)
  const committed = at < 0 ? null : leaf.slice(at + PERSONAL_HASH.length, at + PERSONAL_HASH.length + 64)
  const { personal, salt } = value
  if (personal === null && salt === null) return committed === null ? 'none' : 'absent'
  if (typeof personal !== 'string' || typeof salt !== 'string')
    throw new Fault('bad_line', line, 'the personal part is not text with a salt')
  if (committed === null || personalHash({ salt, text: personal }) !== committed)
    throw new Fault('altered_personal_part', line, 'the personal part is not the one the event committed to')
  return 'matches'
}

function readProof(proof: unknown): Buffer[] {
  return isTexts(proof) ? proof.map((text) => Buffer.from(text, 'hex')) : []
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((member) => typeof member === 'string')
}

function readObject(text: string, line: number): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    if (isObject(value)) return value
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw new Fault(line === 1 ? 'not_an_export' : 'bad_line', line, 'the line is not a JSON object')
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** Complete lines, many at a time; null when they are no UTF-8; undefined when the file does not end with a newline or a line has no end. */
async function* linesOf(file: AsyncIterable<Uint8Array>): AsyncGenerator<string[] | undefined | null> {
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
    const whole = Buffer.concat([...rest, bytes.subarray(0, end)])
    if (!isUtf8(whole)) yield null
    yield whole.toString('utf8').split('\n')
    rest = end + 1 < bytes.length ? [bytes.subarray(end + 1)] : []
    held = bytes.length - end - 1
  }
  if (held > 0) yield undefined
}
