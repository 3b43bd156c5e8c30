// Turns message keys into text. Owns the small ICU-like format: {name} and {count, plural, one {# page} other {# pages}}.
// Must stay true: every text a person reads comes from web/messages, and a missing parameter is a type error.
import { en } from '../messages/en.ts'

export type MessageKey = keyof typeof en

type Name<S extends string> = S extends `${infer Before},${string}`
  ? Name<Before>
  : S extends `${string} ${string}` | `#${string}` | ''
    ? never
    : S
type Names<S extends string> = S extends `${string}{${infer Inside}}${infer Rest}`
  ? Name<Inside> | Names<Rest>
  : never
export type MessageParameters<S extends string> = { [N in Names<S>]: string | number }

const language = 'en'
const pluralRules = new Intl.PluralRules(language)
const numberFormat = new Intl.NumberFormat(language)

/** Finds the brace that closes the one at `open`. */
function closingBrace(text: string, open: number): number {
  let depth = 0
  for (let at = open; at < text.length; at += 1) {
    if (text[at] === '{') depth += 1
    if (text[at] === '}') depth -= 1
    if (depth === 0) return at
  }
  throw new Error(`unbalanced braces in message: ${text}`)
}

function pluralBranch(branches: string, count: number): string {
  const found = new Map<string, string>()
  let at = 0
  while (at < branches.length) {
    const open = branches.indexOf('{', at)
    if (open < 0) break
    const close = closingBrace(branches, open)
    found.set(branches.slice(at, open).trim(), branches.slice(open + 1, close))
    at = close + 1
  }
  const branch = found.get(`=${count}`) ?? found.get(pluralRules.select(count)) ?? found.get('other') ?? ''
  return branch.replaceAll('#', numberFormat.format(count))
}

/** Fills a message pattern; numbers in plural branches follow the reader's language. */
export function fillMessage(pattern: string, parameters: Record<string, string | number>): string {
  let out = ''
  let at = 0
  while (at < pattern.length) {
    const open = pattern.indexOf('{', at)
    if (open < 0) return out + pattern.slice(at)
    const close = closingBrace(pattern, open)
    out += pattern.slice(at, open)
    const [name = '', kind, ...rest] = pattern.slice(open + 1, close).split(',')
    const value = parameters[name.trim()]
    if (value === undefined) throw new Error(`message needs "${name.trim()}": ${pattern}`)
    if (kind?.trim() === 'plural') out += fillMessage(pluralBranch(rest.join(','), Number(value)), parameters)
    else out += typeof value === 'number' ? numberFormat.format(value) : value
    at = close + 1
  }
  return out
}

/** The text of a message in the reader's language. */
export function t<K extends MessageKey>(
  key: K,
  ...parameters: [Names<(typeof en)[K]>] extends [never] ? [] : [MessageParameters<(typeof en)[K]>]
): string {
  return fillMessage(en[key], parameters[0] ?? {})
}

/** The text of a key built at run time (audit actions, problem codes), or null when there is none. */
export function maybeText(key: string): string | null {
  const found = Object.entries(en).find(([candidate]) => candidate === key)
  return found ? found[1] : null
}
