// Writes src/core/db/tables.gen.ts: the types of every table, from the `create table`, `alter table add column` and `drop table`
// statements of the migrations. `--check` fails when the file is stale. A test holds the result against the catalog of a migrated tenant.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readMigrations } from '#core/db/migrate.ts'

const ROOT = join(import.meta.dirname, '..')
const OUT = join(ROOT, 'src/core/db/tables.gen.ts')
const SCOPES = [
  { folder: 'tenant', type: 'TenantTables', qualified: false },
  { folder: 'cell', type: 'CellTables', qualified: true },
  { folder: 'directory', type: 'DirectoryTables', qualified: true },
] as const

const TYPES: Record<string, string> = {
  uuid: 'string',
  text: 'string',
  bytea: 'Buffer',
  integer: 'number',
  int: 'number',
  smallint: 'number',
  bigint: 'number',
  real: 'number',
  'double precision': 'number',
  boolean: 'boolean',
  timestamptz: 'Date',
  date: 'string',
  jsonb: 'unknown',
  xid8: 'string',
  'text[]': 'string[]',
  'uuid[]': 'string[]',
  'integer[]': 'number[]',
  'bigint[]': 'number[]',
}

interface Column {
  readonly name: string
  readonly type: string
}

const lines = [
  '// Generated from migrations/ by `npm run gen`. Do not edit.',
  "import type { ColumnType, Generated } from 'kysely'",
  '',
  'export type Json = ColumnType<unknown, string, string>',
  '',
]
for (const scope of SCOPES) {
  const tables = new Map<string, Column[]>()
  for (const migration of readMigrations(join(ROOT, 'migrations', scope.folder)))
    readTables(migration.sql, scope.qualified, tables)
  lines.push(`export interface ${scope.type} {`)
  for (const [name, columns] of [...tables].sort(([a], [b]) => (a < b ? -1 : 1))) {
    lines.push(`  ${/^\w+$/.test(name) ? name : `'${name}'`}: {`)
    for (const column of columns) lines.push(`    ${column.name}: ${column.type}`)
    lines.push('  }')
  }
  lines.push('}', '')
}
const text = lines.join('\n')
if (process.argv.includes('--check')) {
  if (readFileSync(OUT, 'utf8') !== text) {
    console.error('src/core/db/tables.gen.ts is stale: npm run gen')
    process.exit(1)
  }
} else writeFileSync(OUT, text)

function readTables(sql: string, qualified: boolean, tables: Map<string, Column[]>): void {
  const code = sql.replace(/--.*$/gm, '')
  for (const match of code.matchAll(/create (?:unlogged )?table ([{}\w.]+) \(([\s\S]*?)\n\)/gi)) {
    tables.set(tableName(match[1] ?? '', qualified), (match[2] ?? '').split(/,\s*\n/).flatMap(readColumn))
  }
  for (const match of code.matchAll(/alter table ([{}\w.]+) add column ([^;]+);/gi)) {
    tables.get(tableName(match[1] ?? '', qualified))?.push(...readColumn(match[2] ?? ''))
  }
  for (const match of code.matchAll(/^drop table ([{}\w.]+);/gim))
    tables.delete(tableName(match[1] ?? '', qualified))
}

function tableName(text: string, qualified: boolean): string {
  return qualified ? text : text.replace(/^\{\w+\}\./, '')
}

function readColumn(text: string): Column[] {
  const line = text.trim()
  const match = /^(\w+)\s+(double precision|\w+(?:\[\])?)(.*)$/s.exec(line)
  if (!match || /^(primary|unique|check|foreign|constraint|exclude)\b/i.test(line)) return []
  const [, name = '', sqlType = '', rest = ''] = match
  const base = TYPES[sqlType]
  if (!base) throw new Error(`no TypeScript type for ${sqlType} of ${name}`)
  const nullable = !/not null|primary key|generated/i.test(rest)
  const value = sqlType === 'jsonb' ? 'Json' : nullable ? `${base} | null` : base
  return [{ name, type: /\bdefault\b|generated/i.test(rest) ? `Generated<${value}>` : value }]
}
