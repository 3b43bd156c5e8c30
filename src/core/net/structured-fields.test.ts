import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { describe, it } from 'node:test'
import { corpusJson, corpusPath } from '#test/vectors/corpus.ts'
import {
  type Bare,
  isInnerList,
  type Member,
  NotStructured,
  parseDictionary,
  parseItem,
  parseList,
  serializeDictionary,
  serializeItem,
  serializeMember,
} from './structured-fields.ts'

interface Case {
  readonly name: string
  readonly raw?: readonly string[]
  readonly header_type: 'item' | 'list' | 'dictionary'
  readonly expected?: unknown
  readonly must_fail?: boolean
  readonly can_fail?: boolean
  readonly canonical?: readonly string[]
}

/** The HTTP working group's own cases. */
function casesIn(...folder: readonly string[]): Case[] {
  const parts = ['structured-field-tests', ...folder]
  return readdirSync(corpusPath(...parts))
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => corpusJson<Case[]>(...parts, name))
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
function base32(text: string): Buffer {
  const bits = [...text.replace(/=+$/, '')]
    .map((one) => BASE32.indexOf(one).toString(2).padStart(5, '0'))
    .join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}

function bareOf(json: unknown): Bare {
  if (typeof json === 'string') return { type: 'string', value: json }
  if (typeof json === 'boolean') return { type: 'boolean', value: json }
  if (typeof json === 'number') return { type: Number.isInteger(json) ? 'integer' : 'decimal', value: json }
  const { __type, value } = json as { __type: string; value: never }
  if (__type === 'binary') return { type: 'bytes', value: base32(value) }
  return { type: __type === 'displaystring' ? 'display' : (__type as 'token'), value }
}
const parametersOf = (json: unknown) =>
  new Map((json as [string, unknown][]).map(([key, value]) => [key, bareOf(value)]))
function memberOf(json: unknown): Member {
  const [first, parameters] = json as [unknown, unknown]
  return Array.isArray(first)
    ? { items: first.map((one) => memberOf(one) as never), parameters: parametersOf(parameters) }
    : { bare: bareOf(first), parameters: parametersOf(parameters) }
}

/** What was parsed, in the shape in which the cases say what to expect. */
function jsonOf(bare: Bare): unknown {
  if (bare.type === 'bytes') return { __type: 'binary', value: bare.value.toString('hex') }
  if (bare.type === 'token' || bare.type === 'date') return { __type: bare.type, value: bare.value }
  if (bare.type === 'display') return { __type: 'displaystring', value: bare.value }
  return bare.value
}
const shown = (member: Member): unknown => [
  isInnerList(member) ? member.items.map(shown) : jsonOf(member.bare),
  [...member.parameters].map(([key, value]) => [key, jsonOf(value)]),
]
function expectedIn(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(expectedIn)
  if (
    typeof json === 'object' &&
    json !== null &&
    '__type' in json &&
    json.__type === 'binary' &&
    'value' in json
  )
    return { __type: 'binary', value: base32(String(json.value)).toString('hex') }
  return json
}

function parsed(one: Case): { json: unknown; text: string } {
  const text = (one.raw ?? []).join(', ')
  if (one.header_type === 'item') {
    const item = parseItem(text)
    return { json: shown(item), text: serializeItem(item) }
  }
  if (one.header_type === 'list') {
    const list = parseList(text)
    return { json: list.map(shown), text: list.map(serializeMember).join(', ') }
  }
  const members = parseDictionary(text)
  return {
    json: [...members].map(([key, member]) => [key, shown(member)]),
    text: serializeDictionary(members),
  }
}

function written(one: Case): string {
  if (one.header_type === 'item') return serializeItem(memberOf(one.expected) as never)
  if (one.header_type === 'list')
    return (one.expected as unknown[]).map((json) => serializeMember(memberOf(json))).join(', ')
  return serializeDictionary(
    new Map((one.expected as [string, unknown][]).map(([key, json]) => [key, memberOf(json)])),
  )
}

describe('structured fields', () => {
  const cases = casesIn()
  it(`parse as the ${cases.length} cases of the HTTP working group say`, () => {
    assert.ok(cases.length > 1_000)
    const wrong: string[] = []
    for (const one of cases) {
      try {
        const { json, text } = parsed(one)
        if (one.must_fail) wrong.push(`${one.name}: was taken`)
        else {
          assert.deepEqual(json, expectedIn(one.expected), one.name)
          assert.equal(text, (one.canonical ?? one.raw ?? []).join(', '), one.name)
        }
      } catch (error) {
        if (error instanceof NotStructured && (one.must_fail || one.can_fail)) continue
        wrong.push(`${one.name}: ${String(error)}`)
      }
    }
    assert.deepEqual(wrong, [])
  })

  const writing = casesIn('serialisation-tests')
  it(`are written as ${writing.length} more say`, () => {
    assert.ok(writing.length > 500)
    for (const one of writing) {
      if (one.must_fail) assert.throws(() => written(one), NotStructured, one.name)
      else assert.equal(written(one), (one.canonical ?? []).join(', '), one.name)
    }
  })

  it('come back as they were', () => {
    for (const text of [
      'a=1, b=?0;x="y", c, d=(1 "2" tok);e',
      'sig1=:AAEC:',
      'n=-1.5, at=@1700000000, u=%"f%c3%bc"',
    ])
      assert.equal(serializeDictionary(parseDictionary(text)), text)
  })

  it('that are not of the grammar are refused', () => {
    const forms = [
      'a=',
      'A=1',
      'a=1,',
      'a=1;',
      'a=(1',
      'a="',
      'a="\u00fc"',
      'a=:A:',
      'a=1.2345',
      'a=1234567890123456',
      'a=%"%FF"',
      'a=(1"2")',
    ]
    for (const text of forms) assert.throws(() => parseDictionary(text), NotStructured, text)
  })
})
