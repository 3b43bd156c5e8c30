// One connection to the keeper: questions are pipelined, a lost connection is dialled again.
// Must stay true: a question is answered, or fails with `keeper_unavailable` within its time-out; none is sent twice.
import { connect } from 'node:net'
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import {
  type KeeperAnswer,
  KeeperError,
  type KeeperErrorCode,
  type KeeperOp,
  type KeeperQuestion,
  keeperOps,
} from '#protocol/keeper/keeper.schema.ts'
import { PublicError } from '../errors.ts'
import { type JsonLines, speakJsonLines } from '../net/json-lines.ts'

const MAX_LINE = 16 * 2 ** 20
/** Waits before a connection that failed is dialled again, in milliseconds. */
const REDIAL = [0, 20, 50, 100, 250, 500]

/** The keeper as its callers see it. */
export interface KeeperClient {
  /**
   * Asks one op. Throws PublicError `keeper_unavailable` when the keeper does not answer in time, `storage_full` when its disk is full,
   * KeeperRefusal when it answers that it will not (a bug or an attack).
   */
  ask<O extends KeeperOp>(op: O, question: KeeperQuestion<O>): Promise<KeeperAnswer<O>>
  close(): void
}

/** The keeper's answer was no. */
export class KeeperRefusal extends Error {
  override name = 'KeeperRefusal'
  readonly code: KeeperErrorCode
  constructor(code: KeeperErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

export interface KeeperClientOptions {
  socket: string
  /** Milliseconds until a question fails; 5000 by default. A keeper that is just restarting is waited for that long. */
  timeout?: number
}

const Reply = Compile(
  Type.Object({
    id: Type.Integer(),
    answer: Type.Optional(Type.Unknown()),
    error: Type.Optional(KeeperError),
  }),
)

interface Waiting {
  /** Whether it left; what left is never sent again, because the keeper may have done it. */
  isSent: boolean
  message: unknown
  take(reply: { answer: unknown } | { failure: Error }): void
}

/** Dials when first asked. */
export function openKeeperClient({ socket: path, timeout = 5000 }: KeeperClientOptions): KeeperClient {
  const waiting = new Map<number, Waiting>()
  const answerForms = Object.fromEntries(
    Object.entries(keeperOps).map(([op, { answer }]) => [op, Compile(answer)]),
  )
  let line: JsonLines | undefined
  let isReady = false
  let failures = 0
  let redial: NodeJS.Timeout | undefined
  let nextId = 1
  let isClosed = false

  function isAnswer<O extends KeeperOp>(op: O, value: unknown): value is KeeperAnswer<O> {
    return answerForms[op]?.Check(value) === true
  }

  function dial(): void {
    redial = undefined
    const socket = connect(path)
    // Nobody waits for an idle connection to end.
    if (waiting.size === 0) socket.unref()
    line = speakJsonLines(socket, { longest: MAX_LINE, onMessage, onEnd })
    socket.once('connect', () => {
      isReady = true
      failures = 0
      socket.unref()
      for (const question of waiting.values()) send(question)
    })
  }

  function send(question: Waiting): void {
    if (question.isSent) return
    question.isSent = true
    line?.send(question.message)
  }

  function onEnd(): void {
    isReady = false
    line = undefined
    for (const [id, question] of waiting) {
      if (!question.isSent) continue
      waiting.delete(id)
      question.take({
        failure: new PublicError('keeper_unavailable', undefined, { cause: 'connection lost' }),
      })
    }
    if (isClosed || waiting.size === 0) return
    redial = setTimeout(dial, REDIAL[Math.min(failures++, REDIAL.length - 1)])
  }

  function onMessage(message: unknown): void {
    if (!Reply.Check(message)) return
    const question = waiting.get(message.id)
    waiting.delete(message.id)
    if (message.error) question?.take({ failure: failureOf(message.error) })
    else question?.take({ answer: message.answer })
  }

  return {
    ask(op, question) {
      return new Promise((resolve, reject) => {
        if (isClosed) return reject(new PublicError('keeper_unavailable', undefined, { cause: 'closed' }))
        const id = nextId++
        const timer = setTimeout(() => {
          waiting.delete(id)
          reject(new PublicError('keeper_unavailable', undefined, { cause: `no answer to ${op} in time` }))
        }, timeout)
        const asked: Waiting = {
          isSent: false,
          message: { id, op, ...question },
          take(reply) {
            clearTimeout(timer)
            if ('failure' in reply) reject(reply.failure)
            else if (isAnswer(op, reply.answer)) resolve(reply.answer)
            else reject(new KeeperRefusal('failed', `The keeper's answer to ${op} has not its form.`))
          },
        }
        waiting.set(id, asked)
        if (isReady) send(asked)
        else if (!line && !redial) dial()
      })
    },
    close() {
      isClosed = true
      clearTimeout(redial)
      line?.end()
      for (const [id, question] of waiting) {
        waiting.delete(id)
        question.take({ failure: new PublicError('keeper_unavailable', undefined, { cause: 'closed' }) })
      }
    },
  }
}

/** A keeper whose disk is full does nothing that it cannot log; that is nobody's bug. */
function failureOf({ code, message }: Type.Static<typeof KeeperError>): Error {
  return code === 'full'
    ? new PublicError('storage_full', 'The disk that keeps the log of the keys is full. Nothing was stored.')
    : new KeeperRefusal(code, message)
}
