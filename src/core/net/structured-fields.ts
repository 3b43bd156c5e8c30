// Structured field values of HTTP (RFC 9651): parsing and serialising items, lists and dictionaries.
// Must stay true: what is not exactly of the grammar is refused, never repaired; a value that was parsed serialises to its one canonical text.

/** A bare item. `integer`, `decimal` and `date` (seconds) are numbers; `display` is text of any script. */
export type Bare =
  | { readonly type: 'integer' | 'decimal' | 'date'; readonly value: number }
  | { readonly type: 'string' | 'token' | 'display'; readonly value: string }
  | { readonly type: 'bytes'; readonly value: Buffer }
  | { readonly type: 'boolean'; readonly value: boolean }
export type Parameters = ReadonlyMap<string, Bare>
export interface Item {
  readonly bare: Bare
  readonly parameters: Parameters
}
export interface InnerList {
  readonly items: readonly Item[]
  readonly parameters: Parameters
}
export type Member = Item | InnerList
export type Dictionary = ReadonlyMap<string, Member>

/** The text is not a structured field, or a value cannot be written as one. */
export class NotStructured extends Error {
  override name = 'NotStructured'
}

/** Whether a member is an inner list. */
export function isInnerList(member: Member): member is InnerList {
  return 'items' in member
}

/** Parses a field whose type is Item (RFC 9651, 4.2.3). Throws NotStructured. */
export function parseItem(text: string): Item {
  return whole(text, (reader) => reader.item())
}

/** Parses a field whose type is List (4.2.1); several lines are joined by commas before. Throws NotStructured. */
export function parseList(text: string): Member[] {
  return whole(text, (reader) => {
    const members: Member[] = []
    while (!reader.isAtEnd) {
      members.push(reader.member())
      if (!reader.comma()) break
    }
    return members
  })
}

/** Parses a field whose type is Dictionary (4.2.2): the last of several equal keys counts, in the place of the first. Throws NotStructured. */
export function parseDictionary(text: string): Map<string, Member> {
  return whole(text, (reader) => {
    const members = new Map<string, Member>()
    while (!reader.isAtEnd) {
      const key = reader.key()
      members.set(key, reader.take('=') ? reader.member() : truth(reader.parameters()))
      if (!reader.comma()) break
    }
    return members
  })
}

/** A member as it stands in a list, or behind the key and `=` of a dictionary (4.1.1). Throws NotStructured. */
export function serializeMember(member: Member): string {
  if (!isInnerList(member)) return serializeItem(member)
  return `(${member.items.map(serializeItem).join(' ')})${serializeParameters(member.parameters)}`
}

/** An item with its parameters (4.1.3). Throws NotStructured. */
export function serializeItem({ bare, parameters }: Item): string {
  return serializeBare(bare) + serializeParameters(parameters)
}

/** A dictionary as one line (4.1.2). Throws NotStructured. */
export function serializeDictionary(members: Dictionary): string {
  return [...members]
    .map(([key, member]) => {
      const isTrue = !isInnerList(member) && member.bare.type === 'boolean' && member.bare.value
      return (
        serializeKey(key) + (isTrue ? serializeParameters(member.parameters) : `=${serializeMember(member)}`)
      )
    })
    .join(', ')
}

function serializeParameters(parameters: Parameters): string {
  let text = ''
  for (const [key, bare] of parameters) {
    text += `;${serializeKey(key)}`
    if (bare.type !== 'boolean' || !bare.value) text += `=${serializeBare(bare)}`
  }
  return text
}

function serializeKey(key: string): string {
  if (!/^[a-z*][a-z0-9_.*-]*$/.test(key)) throw new NotStructured('not a key')
  return key
}

/** A bare item (4.1.3.1 to 4.1.11). Throws NotStructured. */
export function serializeBare(bare: Bare): string {
  switch (bare.type) {
    case 'integer':
      return wholeNumber(bare.value)
    case 'date':
      return `@${wholeNumber(bare.value)}`
    case 'decimal':
      return decimal(bare.value)
    case 'string':
      if (!/^[\x20-\x7e]*$/.test(bare.value)) throw new NotStructured('not a string')
      return `"${bare.value.replace(/["\\]/g, '\\$&')}"`
    case 'token':
      if (!TOKEN.test(bare.value)) throw new NotStructured('not a token')
      return bare.value
    case 'bytes':
      return `:${bare.value.toString('base64')}:`
    case 'boolean':
      return bare.value ? '?1' : '?0'
    case 'display':
      return displayString(bare.value)
  }
}

const MOST = 999_999_999_999_999
const TOKEN = /^[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*$/

function wholeNumber(value: number): string {
  if (!Number.isInteger(value) || Math.abs(value) > MOST) throw new NotStructured('not an integer')
  return String(value === 0 ? 0 : value)
}

/** At most twelve digits and three places, rounded half to even. */
function decimal(value: number): string {
  const thousandths = Math.abs(value) * 1_000
  const floor = Math.floor(thousandths)
  const rest = thousandths - floor
  const rounded = rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor
  if (!(rounded <= MOST)) throw new NotStructured('not a decimal')
  const places = String(rounded % 1_000)
    .padStart(3, '0')
    .replace(/0{1,2}$/, '')
  return `${value < 0 ? '-' : ''}${Math.floor(rounded / 1_000)}.${places}`
}

function displayString(value: string): string {
  if (!value.isWellFormed()) throw new NotStructured('not text')
  let text = ''
  for (const byte of Buffer.from(value, 'utf8')) {
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25 && byte !== 0x22
    text += isPlain ? String.fromCharCode(byte) : `%${byte.toString(16).padStart(2, '0')}`
  }
  return `%"${text}"`
}

function truth(parameters: Parameters): Item {
  return { bare: { type: 'boolean', value: true }, parameters }
}

function whole<T>(text: string, parse: (reader: Reader) => T): T {
  let [from, to] = [0, text.length]
  while (text[from] === ' ') from++
  while (to > from && text[to - 1] === ' ') to--
  const reader = new Reader(text.slice(from, to))
  const value = parse(reader)
  if (!reader.isAtEnd) throw new NotStructured('something follows')
  return value
}

/** Reads one field value from its start to its end. */
class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length
  }

  take(letter: string): boolean {
    if (this.#text[this.#at] !== letter) return false
    this.#at++
    return true
  }

  /** Whether another member follows; a comma with nothing behind it is refused. */
  comma(): boolean {
    this.#match(/[ \t]*/y)
    if (this.isAtEnd) return false
    if (!this.take(',')) throw new NotStructured('no comma')
    this.#match(/[ \t]*/y)
    if (this.isAtEnd) throw new NotStructured('nothing behind a comma')
    return true
  }

  key(): string {
    return this.#need(/[a-z*][a-z0-9_.*-]*/y)
  }

  member(): Member {
    return this.#text[this.#at] === '(' ? this.#innerList() : this.item()
  }

  item(): Item {
    return { bare: this.#bare(), parameters: this.parameters() }
  }

  parameters(): Parameters {
    const parameters = new Map<string, Bare>()
    while (this.take(';')) {
      this.#match(/ */y)
      const key = this.key()
      parameters.set(key, this.take('=') ? this.#bare() : { type: 'boolean', value: true })
    }
    return parameters
  }

  #innerList(): InnerList {
    this.#at++
    const items: Item[] = []
    for (;;) {
      this.#match(/ */y)
      if (this.take(')')) return { items, parameters: this.parameters() }
      items.push(this.item())
      if (!/[ )]/.test(this.#text[this.#at] ?? '')) throw new NotStructured('no blank between items')
    }
  }

  #bare(): Bare {
    const first = this.#text[this.#at] ?? ''
    if (/[-\d]/.test(first)) return this.#number()
    if (/[A-Za-z*]/.test(first))
      return { type: 'token', value: this.#need(/[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*/y) }
    switch (first) {
      case '"':
        return {
          type: 'string',
          value: this.#need(/"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"/y)
            .slice(1, -1)
            .replace(/\\(.)/g, '$1'),
        }
      case ':':
        return { type: 'bytes', value: this.#bytes() }
      case '?':
        return { type: 'boolean', value: this.#need(/\?[01]/y) === '?1' }
      case '@': {
        this.#at++
        const { type, value } = this.#number()
        if (type !== 'integer') throw new NotStructured('a date is a whole number')
        return { type: 'date', value }
      }
      case '%':
        return { type: 'display', value: this.#display() }
      default:
        throw new NotStructured('no item')
    }
  }

  #number(): { type: 'integer' | 'decimal'; value: number } {
    const text = this.#need(/-?\d+(?:\.\d*)?/y)
    const [digits = '', places] = text.replace('-', '').split('.')
    const value = Number(text) === 0 ? 0 : Number(text)
    if (places === undefined) {
      if (digits.length > 15) throw new NotStructured('too long a number')
      return { type: 'integer', value }
    }
    if (digits.length > 12 || places.length < 1 || places.length > 3) throw new NotStructured('not a decimal')
    return { type: 'decimal', value }
  }

  #bytes(): Buffer {
    const text = this.#need(/:[A-Za-z0-9+/]*={0,2}:/y).slice(1, -1)
    const bytes = Buffer.from(text, 'base64')
    // Padding may be left out, but what is there must be what was meant.
    const digits = text.replace(/=+$/, '')
    if (digits.length % 4 === 1 || (text !== digits && text.length % 4 !== 0))
      throw new NotStructured('not base64')
    return bytes
  }

  #display(): string {
    const text = this.#need(/%"(?:[\x20\x21\x23\x24\x26-\x7e]|%[0-9a-f]{2})*"/y).slice(2, -1)
    const bytes = text.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(bytes, 'latin1'))
    } catch (cause) {
      throw new NotStructured('not text', { cause })
    }
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0] ?? ''
    this.#at += found.length
    return found
  }

  #need(pattern: RegExp): string {
    const found = this.#match(pattern)
    if (found === '') throw new NotStructured('not of the grammar')
    return found
  }
}
