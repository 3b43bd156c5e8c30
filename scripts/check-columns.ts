/**
 * Every column of every migration says what class of data it holds, and what is about people or by people is
 * sealed: metadata and content live in `bytea` only. The result is generated/columns.json, from which rotation
 * knows what to re-encrypt and the catalog test knows what a tenant's schema must look like.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type CheckResult, type Problem, report } from './check-result.ts'
import { listFiles } from './list-files.ts'
import { type Column, type DataClass, type Declared, readColumns } from './read-columns.ts'

/** Where the columns are listed for rotation and for the catalog test. */
export const COLUMNS_FILE = 'generated/columns.json'

interface Classed {
  readonly type: string
  readonly class: DataClass
  readonly blind?: true
}

/** store -> table -> column. Stores: activity (schema t_x), people (schema t_x_people), and the schemas of cell and directory. */
export type Columns = Record<string, Record<string, Record<string, Classed>>>

// A tenant's tables stand in its two schemas; a cell and a directory name their schemas themselves.
const KINDS: Readonly<Record<string, (schema: string) => string | undefined>> = {
  tenant: (schema) => ({ '{schema}': 'activity', '{people}': 'people' })[schema],
  cell: (schema) => (/^[a-z_]+$/.test(schema) && schema !== 'public' ? schema : undefined),
  directory: (schema) => (schema === 'directory' ? schema : undefined),
}

/** Reads all migrations below `root`. `seen` counts columns. */
export function checkColumns(root: string): CheckResult & { readonly columns: Columns } {
  const problems: Problem[] = []
  const columns: Columns = {}
  let seen = 0
  for (const file of listFiles(root, ['migrations'], /\.sql$/)) {
    const storeOf = KINDS[basename(dirname(file))]
    if (storeOf === undefined || !/^\d{4}-[a-z]+-?[a-z0-9-]*\.sql$/.test(basename(file))) {
      problems.push({ file, message: 'is not migrations/{directory,cell,tenant}/NNNN-room-what.sql' })
      continue
    }
    const declared = readColumns(readFileSync(join(root, file), 'utf8'))
    seen += declared.columns.length
    for (const { line, message } of declared.unreadable) problems.push({ file, line, message })
    for (const column of declared.columns) {
      const store = storeOf(column.schema)
      const message = store === undefined ? `is in schema ${column.schema || 'of nobody'}` : wrongIn(column)
      if (message !== null) {
        const name = `${column.table}.${column.column}`
        problems.push({ file, line: column.line, message: `${name} ${message}` })
      } else if (store !== undefined) add(columns, store, column)
    }
    drop(columns, storeOf, declared)
  }
  return { name: 'columns', seen, problems, warnings: [], columns }
}

/** The bytes of generated/columns.json: keys sorted, one line end at the end. */
export function renderColumns(columns: Columns): string {
  return `${JSON.stringify(sorted(columns), null, 2)}\n`
}

/** A problem when the checked-in list is not what the migrations declare. */
export function staleColumns(root: string, columns: Columns): Problem[] {
  const path = join(root, COLUMNS_FILE)
  const written = existsSync(path) ? readFileSync(path, 'utf8') : ''
  if (written === renderColumns(columns)) return []
  return [{ file: COLUMNS_FILE, message: 'is stale; run npm run gen' }]
}

function wrongIn(column: Column): string | null {
  if (column.class === null) return 'has no class: end its line with -- configuration, metadata or content'
  const isSealed = column.class !== 'configuration'
  if (isSealed && column.type !== 'bytea' && column.type !== 'bytea[]') {
    return `is ${column.class} in ${column.type}; what is about or by people is sealed in bytea`
  }
  if (column.isBlind && !isSealed) return 'is blind configuration; a blind index is of metadata or content'
  return null
}

function add(columns: Columns, store: string, column: Column): void {
  if (column.class === null) return
  const tables = columns[store] ?? {}
  columns[store] = tables
  const table = tables[column.table] ?? {}
  tables[column.table] = table
  table[column.column] = {
    type: column.type,
    class: column.class,
    ...(column.isBlind ? { blind: true } : {}),
  }
}

function drop(columns: Columns, storeOf: (schema: string) => string | undefined, declared: Declared): void {
  for (const gone of declared.dropped) {
    const tables = columns[storeOf(gone.schema) ?? ''] ?? {}
    if (gone.column === null) delete tables[gone.table]
    else delete tables[gone.table]?.[gone.column]
  }
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]))
}

if (import.meta.main) {
  const result = checkColumns(process.cwd())
  const isChecking = process.argv.includes('--check')
  const stale = isChecking ? staleColumns(process.cwd(), result.columns) : []
  report({ ...result, problems: [...result.problems, ...stale] })
  if (!isChecking && process.exitCode === 0) {
    mkdirSync(dirname(COLUMNS_FILE), { recursive: true })
    writeFileSync(COLUMNS_FILE, renderColumns(result.columns))
  }
}
