/**
 * Reads the columns that a migration declares, with the class written behind each. It understands the SQL that
 * migrations use: create table, add column, drop column, drop table, comments, strings and dollar-quoted bodies.
 */

export type DataClass = 'configuration' | 'metadata' | 'content'

export interface Column {
  /** Schema as written in the file: `{schema}`, `{people}`, `cell`, … */
  readonly schema: string
  readonly table: string
  readonly column: string
  readonly type: string
  /** Null when no class is written, which is a problem for the checker. */
  readonly class: DataClass | null
  readonly isBlind: boolean
  readonly line: number
}

export interface Dropped {
  readonly schema: string
  readonly table: string
  readonly column: string | null
}

export interface Declared {
  readonly columns: readonly Column[]
  readonly dropped: readonly Dropped[]
  /** Statements that keep data in a shape the checker cannot class (create table as, materialized views). */
  readonly unreadable: readonly { readonly line: number; readonly message: string }[]
}

const NAME = String.raw`(?:(\{\w+\}|"?\w+"?)\s*\.\s*)?"?(\w+)"?`
const CREATE = new RegExp(
  String.raw`\bcreate\s+(?:unlogged\s+)?table\s+(?:if\s+not\s+exists\s+)?${NAME}\s*\(`,
  'gi',
)
const ALTER = new RegExp(
  String.raw`\balter\s+table\s+(?:if\s+exists\s+)?(?:only\s+)?${NAME}\s+([^;]*);?`,
  'gi',
)
const DROP = new RegExp(String.raw`\bdrop\s+table\s+(?:if\s+exists\s+)?${NAME}`, 'gi')
const UNREADABLE = new RegExp(
  String.raw`\bcreate\s+(?:unlogged\s+)?(?:table\s+(?:if\s+not\s+exists\s+)?${NAME}\s+as\b|materialized\s+view\b)`,
  'gi',
)
const CONSTRAINT = /^(?:primary\s+key|unique|constraint|check|foreign\s+key|exclude|like)\b/i
const CLASS = /^--\s*(configuration|metadata|content)\s*(,\s*blind)?\s*(?:$|[:;(.-])/

/** Reads one migration file's text. */
export function readColumns(sql: string): Declared {
  const blank = blankOut(sql)
  const columns: Column[] = []
  const dropped: Dropped[] = []
  for (const match of blank.matchAll(CREATE)) {
    const open = match.index + match[0].length
    const owner = { schema: unquoted(match[1] ?? ''), table: match[2] ?? '' }
    for (const item of itemsWithin(blank, open)) {
      const read = readItem(sql, blank, item.start, item.end)
      if (read) columns.push({ ...owner, ...read })
    }
  }
  for (const match of blank.matchAll(ALTER)) {
    const owner = { schema: unquoted(match[1] ?? ''), table: match[2] ?? '' }
    const body = match[3] ?? ''
    const start = match.index + match[0].indexOf(body)
    for (const item of itemsWithin(`${blank.slice(0, start + body.length)})`, start)) {
      const text = blank.slice(item.start, item.end)
      const added = /^\s*add\s+(?:column\s+)?(?:if\s+not\s+exists\s+)?/i.exec(text)
      const gone = /^\s*drop\s+(?:column\s+)?(?:if\s+exists\s+)?"?(\w+)"?/i.exec(text)
      if (added) {
        const read = readItem(sql, blank, item.start + added[0].length, item.end)
        if (read) columns.push({ ...owner, ...read })
      } else if (gone && !/^\s*drop\s+constraint\b/i.test(text)) {
        dropped.push({ ...owner, column: gone[1] ?? '' })
      }
    }
  }
  for (const match of blank.matchAll(DROP)) {
    dropped.push({ schema: unquoted(match[1] ?? ''), table: match[2] ?? '', column: null })
  }
  const unreadable = [...blank.matchAll(UNREADABLE)].map((match) => ({
    line: lineAt(sql, match.index),
    message: 'keeps data in columns that nobody has classed; write the columns out',
  }))
  return { columns, dropped, unreadable }
}

/** The text with comments, strings and dollar-quoted bodies as spaces, offsets and line ends kept. */
function blankOut(sql: string): string {
  const hidden = /--[^\n]*|\/\*[\s\S]*?\*\/|\$(\w*)\$[\s\S]*?\$\1\$|'(?:[^']|'')*'/g
  return sql.replace(hidden, (text) => text.replace(/[^\n]/g, ' '))
}

/** Offsets of the comma-separated items from `open` to the bracket that closes them. */
function itemsWithin(blank: string, open: number): { start: number; end: number }[] {
  const items: { start: number; end: number }[] = []
  let depth = 0
  let start = open
  for (let at = open; at < blank.length; at += 1) {
    const char = blank[at]
    if (char === '(') depth += 1
    else if ((char === ')' && depth === 0) || (char === ',' && depth === 0)) {
      items.push({ start, end: at })
      start = at + 1
      if (char === ')') break
    } else if (char === ')') depth -= 1
  }
  return items
}

function readItem(
  sql: string,
  blank: string,
  start: number,
  end: number,
): Omit<Column, 'schema' | 'table'> | null {
  const text = blank.slice(start, end)
  const trimmed = text.trim()
  if (trimmed === '' || CONSTRAINT.test(trimmed)) return null
  const words = /^"?(\w+)"?\s+([a-z_][\w.]*(?:\s+(?:varying|precision))?(?:\s*\[\s*\])?)/i.exec(trimmed)
  if (words === null) return null
  const first = start + text.indexOf(trimmed)
  const last = start + text.trimEnd().length
  // The class stands on the line where the column ends, behind its comma.
  const comment = sql.slice(last, lineEnd(sql, last)).replace(/^[\s,;)]*/, '')
  const found = CLASS.exec(comment)
  return {
    column: words[1] ?? '',
    type: (words[2] ?? '').toLowerCase().replace(/\s+/g, ' '),
    class: found ? classNamed(found[1]) : null,
    isBlind: found?.[2] !== undefined,
    line: lineAt(sql, first),
  }
}

function classNamed(word: string | undefined): DataClass | null {
  return word === 'configuration' || word === 'metadata' || word === 'content' ? word : null
}

function unquoted(name: string): string {
  return name.replaceAll('"', '')
}

function lineEnd(sql: string, from: number): number {
  const end = sql.indexOf('\n', from)
  return end === -1 ? sql.length : end
}

function lineAt(sql: string, offset: number): number {
  return sql.slice(0, offset).split('\n').length
}
