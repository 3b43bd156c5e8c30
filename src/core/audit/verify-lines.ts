// Checks a run of lines of an audit export against the head that was signed: each event by itself, and all of them as a piece of the tree.
// Must stay true: a pure function of the bytes, so that pieces can be checked in any thread; what joins them (order over their borders, the
// root, the footer's count) is for verify-audit.ts.
import { isUtf8 } from 'node:buffer'
import type { TreeHead } from './checkpoint.ts'
import { createRootBuilder, leafHashHex, type Subtree, verifyInclusion } from './merkle.ts'
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
  readonly event: Readonly<Record<string, unknown>>
  readonly personal: PersonalMatch
}

/** What the header of an export says of its events. */
export interface ExportHead {
  readonly head: TreeHead
  /** Null when every event of the log is there. */
  readonly filter: Readonly<Record<string, string>> | null
}

/** A thing that is wrong. `line` counts from 1, in what was being read. */
export class Fault extends Error {
  readonly code: AuditFault
  readonly line: number
  constructor(code: AuditFault, line: number, message: string) {
    super(message)
    this.code = code
    this.line = line
  }
}

/** What a run of lines holds, up to its first fault. */
export interface LinesRead {
  readonly lines: number
  /** Position of the first event and of the last; null without events. */
  readonly first: number | null
  readonly last: number | null
  readonly events: number
  readonly personal: Readonly<Record<PersonalMatch, number>>
  /** The events as pieces of the tree, when they are all there. */
  readonly subtrees: readonly Subtree[]
  readonly footer: { readonly line: number; readonly events: unknown; readonly checkpoint: unknown } | null
  readonly fault: { readonly code: AuditFault; readonly line: number; readonly message: string } | null
}

const PERSONAL_HASH = '"personalHash":"'

/** Reads whole lines, the last one without its newline, that follow the header. Never throws for what is in them. */
export function readLines(
  bytes: Uint8Array,
  { head, filter }: ExportHead,
  onEvent?: (event: VerifiedEvent) => void,
): LinesRead {
  const personal = { matches: 0, absent: 0, none: 0 }
  const isWhole = filter === null
  let tree = createRootBuilder()
  let line = 0
  let events = 0
  let first: number | null = null
  let last = -1
  let footer: LinesRead['footer'] = null

  function readLine(text: string): void {
    line++
    if (footer) throw new Fault('trailing_text', line, 'there is text after the footer')
    const value = readObject(text, line)
    if (value.end === true) {
      const { end, events: counted, checkpoint } = value
      expectExactly(text, { end, events: counted, checkpoint }, line)
      footer = { line, events: counted, checkpoint }
    } else readEvent(value, text)
  }

  function readEvent(value: Readonly<Record<string, unknown>>, text: string): void {
    const { position, hash, leaf, personal: part, salt, proof } = value
    if (typeof position !== 'number' || typeof leaf !== 'string')
      throw new Fault('bad_line', line, 'the line is no event: position or leaf is missing')
    if (!isWhole || !isWritten(text, value)) {
      const only = { position, hash, leaf, personal: part, salt, ...(isWhole ? {} : { proof }) }
      expectExactly(text, only, line)
    }
    if (first === null) {
      first = position
      tree = createRootBuilder(position)
    } else expectAfter(last, position, isWhole, line)
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
    if (filter !== null && !isSelected(filter, readObject(leaf, line)))
      throw new Fault('bad_line', line, `the event at position ${position} is not one the header asks for`)
    const match = matchPersonal(value, leaf, line)
    personal[match]++
    events++
    last = position
    onEvent?.({ position, event: readObject(leaf, line), personal: match })
  }

  const read = (fault: LinesRead['fault']): LinesRead => ({
    lines: line,
    first,
    last: events > 0 ? last : null,
    events,
    personal,
    subtrees: tree.subtrees(),
    footer,
    fault,
  })

  try {
    const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    if (!isUtf8(whole)) throw new Fault('bad_line', 1, 'from this line on the file is no UTF-8 text')
    for (const text of whole.toString('utf8').split('\n')) readLine(text)
    return read(null)
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return read({ code: error.code, line: error.line, message: error.message })
  }
}

/** Throws where `position` does not come after `last`, or not next to it in a log that is whole. */
export function expectAfter(last: number, position: number, isWhole: boolean, line: number): void {
  if (position <= last) throw new Fault('out_of_order', line, `position ${position} comes after ${last}`)
  if (isWhole && position !== last + 1)
    throw new Fault('missing_events', line, `after position ${last} comes ${position}`)
}

/** The line is what {@link exportAudit} writes for these fields and nothing else: no unknown, doubled or moved field, no second spelling. */
export function expectExactly(text: string, fields: Readonly<Record<string, unknown>>, line: number): void {
  if (JSON.stringify(fields) !== text)
    throw new Fault(
      'bad_line',
      line,
      'the line has fields that do not belong to it, twice, or in another spelling',
    )
}

const FIELDS = ['position', 'hash', 'leaf', 'personal', 'salt'] as const
const BETWEEN = '"hash":"","leaf":,"personal":,"salt":""}'.length

/**
 * What {@link expectExactly} finds, in a fifth of the time, for the lines of a million events: the fields are the known ones in their order,
 * the number is spelt as it should be, and everything together has the length of its shortest spelling, which leaves no room for anything
 * else. False says nothing.
 */
function isWritten(text: string, value: Readonly<Record<string, unknown>>): boolean {
  let at = 0
  for (const name in value) if (name !== FIELDS[at++]) return false
  const { position, hash, leaf, personal, salt } = value
  if (at !== FIELDS.length || typeof hash !== 'string' || typeof leaf !== 'string') return false
  if (typeof personal !== 'string' || typeof salt !== 'string') return false
  const start = `{"position":${String(position)},`
  const texts = hash.length + writtenLength(leaf) + writtenLength(personal) + salt.length
  return text.length === start.length + BETWEEN + texts && text.startsWith(start)
}

/** Characters of a text without control characters as a JSON string. */
function writtenLength(text: string): number {
  let length = text.length + 2
  for (const escaped of ['"', '\\'])
    for (let at = text.indexOf(escaped); at >= 0; at = text.indexOf(escaped, at + 1)) length++
  return length
}

/** Whether an event is one that the filter asks for; ids carry the moment to the millisecond, as the filter compares it. */
function isSelected(
  filter: Readonly<Record<string, string>>,
  event: Readonly<Record<string, unknown>>,
): boolean {
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

/** The object a text is, of the depth that lines and events have: what is deeper is none of them, and would break whatever walks through it. */
export function readObject(
  text: string,
  line: number,
  code: AuditFault = 'bad_line',
): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    if (isObject(value) && !Array.isArray(value) && Object.values(value).every(isFlat)) return value
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw new Fault(code, line, 'the line is not a JSON object that can be part of an export')
}

function isFlat(value: unknown): boolean {
  return !isObject(value) || !Object.values(value).some(isObject)
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
