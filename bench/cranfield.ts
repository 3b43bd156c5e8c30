// The Cranfield collection as a relevance test: documents, questions, judgements, and mean average precision over them.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Cranfield {
  readonly documents: readonly { readonly number: number; readonly title: string; readonly text: string }[]
  /** Judged questions only. A judgement of -1 counts as relevant. */
  readonly questions: readonly { readonly text: string; readonly relevant: ReadonlySet<number> }[]
}

/** The collection in `$CORPORA/cranfield` (default ../shared/corpora), or null where it is absent. */
export function readCranfield(): Cranfield | null {
  const folder = join(process.env.CORPORA ?? join(import.meta.dirname, '../../shared/corpora'), 'cranfield')
  if (!existsSync(join(folder, 'cran.all.1400'))) return null
  const read = (name: string) => readFileSync(join(folder, name), 'latin1')
  const documents = records(read('cran.all.1400')).map((record) => ({
    number: Number(record.I),
    title: record.T ?? '',
    text: record.W ?? '',
  }))
  const relevant = new Map<number, Set<number>>()
  for (const line of read('cranqrel-odd').trim().split('\n')) {
    const [question = 0, document = 0] = line.trim().split(/\s+/).map(Number)
    relevant.set(question, (relevant.get(question) ?? new Set()).add(document))
  }
  // Judgements number the questions by their order in the file.
  const questions = records(read('cran.qry')).flatMap((record, i) => {
    const judged = relevant.get(i + 1)
    return judged ? [{ text: (record.W ?? '').replace(/\s+/g, ' ').trim(), relevant: judged }] : []
  })
  return { documents, questions }
}

/** Mean average precision and nDCG at 10 (binary) of ranked document numbers, one list a question. */
export function judge(
  questions: Cranfield['questions'],
  rankings: readonly (readonly number[])[],
): { map: number; ndcg: number } {
  let map = 0
  let ndcg = 0
  questions.forEach(({ relevant }, i) => {
    let found = 0
    let precision = 0
    let gain = 0
    let ideal = 0
    rankings[i]?.forEach((document, at) => {
      if (!relevant.has(document)) return
      found++
      precision += found / (at + 1)
      if (at < 10) gain += 1 / Math.log2(at + 2)
    })
    for (let at = 0; at < Math.min(10, relevant.size); at++) ideal += 1 / Math.log2(at + 2)
    map += precision / relevant.size
    ndcg += gain / ideal
  })
  return { map: map / questions.length, ndcg: ndcg / questions.length }
}

function records(text: string): Record<string, string | undefined>[] {
  return text
    .split(/^\.I /m)
    .slice(1)
    .map((record) => {
      const [number = '', ...rest] = record.split(/^\.([A-Z])\s*$/m)
      const fields: Record<string, string> = { I: number.trim() }
      for (let i = 0; i + 1 < rest.length; i += 2) fields[rest[i] ?? ''] = (rest[i + 1] ?? '').trim()
      return fields
    })
}
