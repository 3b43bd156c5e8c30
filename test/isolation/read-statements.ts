/** Reads the statements of a .sql file of this folder, with the names of two tenants put in. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Statement {
  readonly sql: string
  /** From `-- rows: N` in front of it. */
  readonly rows: number | null
  /** From `-- but: ROLE, ROLE` in front of it: who may. */
  readonly but: readonly string[]
}

/** `names` replaces `{a}`, `{b}` and the like. Statements end with a semicolon at the end of a line. */
export function readStatements(file: string, names: Readonly<Record<string, string>>): Statement[] {
  const text = readFileSync(join(import.meta.dirname, file), 'utf8')
  return text
    .split(/;\s*$/m)
    .map((part) => {
      const rows = /^-- rows: (\d+)$/m.exec(part)?.[1]
      const but = /^-- but: (.+)$/m.exec(part)?.[1]?.split(', ') ?? []
      const sql = part
        .replace(/^--.*$/gm, '')
        .trim()
        .replace(/\{(\w+)\}/g, (whole, name: string) => names[name] ?? whole)
      return { sql, rows: rows === undefined ? null : Number(rows), but }
    })
    .filter(({ sql }) => sql !== '')
}
