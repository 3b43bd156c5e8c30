// One line of an export that is whole, as its reader meets a million of them.
// Must stay true: what is read here has one spelling, the one that was written; whatever is not surely so is left to JSON.
/** What is read of the line of an event. */
export interface EventLine {
  readonly position: unknown
  readonly hash: unknown
  readonly leaf: unknown
  readonly personal: unknown
  readonly salt: unknown
}

const LINE = /^\{"position":(0|[1-9]\d{0,14}),"hash":"([0-9a-f]{64})","leaf":"/
const LINE_END = /","salt":"([\w-]{43})"\}$/
const BETWEEN = '","personal":"'
/** The inside of a JSON string in its one spelling, where all that is escaped is quotation marks. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: no JSON string has one.
const INSIDE = /^(?:[^"\\\u0000-\u001f]|\\")*$/

/**
 * The line of an event as most are, read in half the time that JSON takes: what it gives, JSON.stringify writes as
 * exactly this line. Null says nothing: the line may be another spelling, another line, or no line at all.
 */
export function readPlainLine(text: string): EventLine | null {
  const [head, position, hash] = LINE.exec(text) ?? []
  const [end, salt] = LINE_END.exec(text.slice(-55)) ?? []
  if (head === undefined || end === undefined) return null
  const middle = text.indexOf(BETWEEN, head.length)
  if (middle < 0 || middle + BETWEEN.length > text.length - end.length) return null
  const leaf = text.slice(head.length, middle)
  const personal = text.slice(middle + BETWEEN.length, text.length - end.length)
  if (!INSIDE.test(leaf) || !INSIDE.test(personal)) return null
  return {
    position: Number(position),
    hash,
    leaf: leaf.replaceAll('\\"', '"'),
    personal: personal.replaceAll('\\"', '"'),
    salt,
  }
}
