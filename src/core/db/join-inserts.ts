// Inserts that follow each other go as one statement: the server's work for a statement is most of what a small one costs.
// Must stay true: only inserts of plain values are joined. They read nothing, so none could miss what another one wrote; what points from
// one to another is checked when all are done.
import { type Statement, statementName } from './kysely-on.ts'

/** An insert of values that asks for nothing back. */
const PLAIN = /^insert into [^\s()]+ ?\([^()]*\) values (?:\([^()]*\)(?:, )?)+$/i
/** A longer text is not kept prepared. */
const LONGEST = 4_000
const MOST_HELD = 1_000

type Prepared = Pick<Statement, 'name' | 'text'>

const plain = new Map<string, boolean>()
const joined = new Map<string, Prepared>()

/** The same statements in the same order, plain inserts that follow each other joined. */
export function joinInserts(statements: readonly Statement[]): Statement[] {
  const result: Statement[] = []
  let run: Statement[] = []
  const close = (): void => {
    result.push(...(run.length > 1 ? [joinedOf(run)] : run))
    run = []
  }
  for (const statement of statements) {
    const isPlain = isPlainInsert(statement.text)
    const length = run.reduce((sum, { text }) => sum + text.length + 20, statement.text.length)
    if (!isPlain || length > LONGEST) close()
    if (isPlain) run.push(statement)
    else result.push(statement)
  }
  close()
  return result
}

function isPlainInsert(text: string): boolean {
  const known = plain.get(text)
  if (known !== undefined) return known
  const isPlain = text.length < LONGEST && PLAIN.test(text)
  if (plain.size < MOST_HELD) plain.set(text, isPlain)
  return isPlain
}

function joinedOf(statements: readonly Statement[]): Statement {
  const key = statements.map(({ text, values }) => `${values.length} ${text}`).join('\0')
  let prepared = joined.get(key)
  if (!prepared) {
    let after = 0
    const texts = statements.map(({ text, values }) => {
      const before = after
      after += values.length
      return text.replace(/\$(\d+)/g, (_, number: string) => `$${Number(number) + before}`)
    })
    const final = texts.pop() ?? ''
    const text = `with ${texts.map((one, at) => `joined_${at} as (${one})`).join(', ')} ${final}`
    prepared = { text, name: statementName(text) }
    if (joined.size < MOST_HELD) joined.set(key, prepared)
  }
  return { ...prepared, values: statements.flatMap(({ values }) => values) }
}
