// What web and up ask of the cell process, over its socket. Must stay true: a question is answered or fails with
// `busy`; none is sent twice, because taking a tenant twice is two tenants.
import { connect } from 'node:net'
import { Compile } from 'typebox/compile'
import { CellAnswer, type CellRequest } from '#protocol/cell/caller.ts'
import { ERROR_CODES, type ErrorCode, PublicError } from '../errors.ts'
import { type JsonLines, speakJsonLines } from '../net/json-lines.ts'

type Op = CellRequest['op']
type Question<O extends Op> = Omit<Extract<CellRequest, { op: O }>, 'id' | 'op'>
type Answer<O extends Op> = Extract<CellAnswer, { ok: O }>

/** The cell process as its callers see it. */
export interface CellClient {
  /** Asks one op. Throws PublicError: what the cell process refused with, or `busy` when it does not answer. */
  ask<O extends Op>(op: O, question: Question<O>): Promise<Answer<O>>
  close(): void
}

export interface CellClientOptions {
  readonly socket: string
  /** Milliseconds until a question fails; 10,000 unless said, 90,000 for evidence. Draining waits as long as it takes. */
  readonly timeout?: number
}

interface Asked {
  readonly op: Op
  readonly timer: NodeJS.Timeout | undefined
  resolve(answer: CellAnswer): void
  reject(error: Error): void
}

const checkAnswer = Compile(CellAnswer)

/** Dials when first asked, and again after the connection was lost. */
export function openCellClient(options: CellClientOptions): CellClient {
  const asked = new Map<number, Asked>()
  let lines: JsonLines | undefined
  let lastId = 0
  let isClosed = false

  function dial(): JsonLines {
    const opened = speakJsonLines(connect(options.socket), {
      onMessage(message) {
        if (!checkAnswer.Check(message)) return opened.end()
        const waiting = asked.get(message.id)
        if (!waiting) return
        asked.delete(message.id)
        clearTimeout(waiting.timer)
        if ('error' in message) waiting.reject(new PublicError(asCode(message.error)))
        else waiting.resolve(message)
      },
      onEnd() {
        if (lines === opened) lines = undefined
        for (const [id, waiting] of asked) {
          asked.delete(id)
          clearTimeout(waiting.timer)
          waiting.reject(new PublicError('busy'))
        }
      },
    })
    return opened
  }

  return {
    async ask<O extends Op>(op: O, question: Question<O>): Promise<Answer<O>> {
      if (isClosed) throw new PublicError('busy')
      lines ??= dial()
      const id = ++lastId
      const answer = await new Promise<CellAnswer>((resolve, reject) => {
        const timer =
          op === 'drainJobs'
            ? undefined
            : setTimeout(
                () => {
                  asked.delete(id)
                  reject(new PublicError('busy'))
                },
                options.timeout ?? (op === 'runEvidence' ? 90_000 : 10_000),
              )
        asked.set(id, { op, timer, resolve, reject })
        lines?.send({ id, op, ...question })
      })
      if (!answers(op, answer)) throw new Error(`the cell process answered something else than ${op}`)
      return answer
    },
    close() {
      isClosed = true
      lines?.end()
    },
  }
}

function answers<O extends Op>(op: O, answer: CellAnswer): answer is Answer<O> {
  return 'ok' in answer && answer.ok === op
}

function asCode(text: string): ErrorCode {
  return isCode(text) ? text : 'internal'
}

function isCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERROR_CODES, text)
}
