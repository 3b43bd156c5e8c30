/**
 * The reporter of our test processes: prints failures as they happen and records every test in the file that
 * PANOPLY_TEST_RECORD names. node:test imports it and asks for a default export.
 */
import { appendFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { HOOK, type SummaryLine, type TestLine } from './test-record.ts'

interface Details {
  readonly duration_ms: number
  readonly type?: string
  readonly error?: Error & { readonly failureType?: string }
}

interface Event {
  readonly type: string
  readonly data: {
    readonly name?: string
    readonly file?: string
    readonly nesting?: number
    readonly skip?: string | boolean
    readonly todo?: string | boolean
    readonly details?: Details
    readonly counts?: { readonly tests: number }
  }
}

const record = process.env.PANOPLY_TEST_RECORD ?? '/dev/null'

// biome-ignore lint/style/noDefaultExport: node:test takes a reporter by its default export.
export default async function* testReporter(source: AsyncIterable<Event>): AsyncGenerator<string> {
  // Names of the groups that are open, by nesting; the outermost is the file.
  const groups: string[] = []
  const write = (line: TestLine | SummaryLine): void => appendFileSync(record, `${JSON.stringify(line)}\n`)
  for await (const { type, data } of source) {
    const depth = data.nesting ?? 0
    if (type === 'test:start') {
      groups.length = depth
      groups[depth] = data.name ?? ''
    } else if (type === 'test:summary' && data.file === undefined) {
      write({ kind: 'summary', tests: data.counts?.tests ?? 0 })
    } else if (type === 'test:pass' || type === 'test:fail') {
      const [file = '', ...names] = [...groups.slice(0, depth), data.name ?? '']
      const line = testLine(type, data, file, names.join(' › '))
      if (line === null) continue
      write(line)
      if (line.kind === 'failed') yield `\nFAILED ${line.file}: ${line.name}\n${line.reason}\n`
    }
  }
}

function testLine(type: string, data: Event['data'], file: string, name: string): TestLine | null {
  const error = data.details?.error
  const isGroup = data.details?.type === 'suite'
  const line = { file, name, milliseconds: data.details?.duration_ms ?? 0 }
  if (isGroup) {
    // A group fails with its tests, which are reported themselves; only its own hooks are news.
    const isNews = type === 'test:fail' && error?.failureType !== 'subtestsFailed'
    return isNews ? { ...line, name: `${name} ${HOOK}`.trim(), kind: 'failed', reason: explain(error) } : null
  }
  if (data.skip !== undefined && data.skip !== false) {
    return {
      ...line,
      kind: 'skipped',
      reason: typeof data.skip === 'string' && data.skip !== '' ? data.skip : 'no reason given',
    }
  }
  if (data.todo !== undefined && data.todo !== false)
    return { ...line, kind: 'skipped', reason: 'still to do' }
  return type === 'test:pass'
    ? { ...line, kind: 'passed' }
    : { ...line, kind: 'failed', reason: explain(error) }
}

function explain(error: Details['error']): string {
  // The hook that failed says why.
  if (error?.failureType === 'cancelledByParent') return error.message
  const cause = error?.cause instanceof Error ? error.cause : error
  return inspect(cause, { colors: false, depth: 4 }).split('\n').slice(0, 40).join('\n')
}
