// The keeper process: files, sockets, one line in, one line out.
// Must stay true: the socket a question came in on decides who asks; every op is in the log before its answer leaves.
import { existsSync } from 'node:fs'
import type { Server, Socket } from 'node:net'
import { join } from 'node:path'
import { Compile } from 'typebox/compile'
import { type ChainedLog, type LogEntry, openChainedLog } from '#core/keys/chained-log.ts'
import { KeeperFault } from '#core/keys/keeper-fault.ts'
import { createRootKey, loadRootKey, type RootKeyOpener } from '#core/keys/root-key.ts'
import { SealBroken } from '#core/keys/seal-broken.ts'
import { type JsonLines, speakJsonLines } from '#core/net/json-lines.ts'
import { listenOn } from '#core/net/listen-on.ts'
import {
  type KeeperAnswer,
  type KeeperCaller,
  type KeeperErrorCode,
  type KeeperOp,
  type KeeperQuestion,
  keeperCallers,
  keeperOps as schemas,
} from '#protocol/keeper/keeper.schema.ts'
import { type KeeperOps, keeperOps, OpError, requireRight } from './ops.ts'
import { hasState, type KeeperState, openState } from './state.ts'

const MAX_LINE = 16 * 2 ** 20

export interface KeeperPlace extends RootKeyOpener {
  /** Holds state.sealed, replica/ and log/; 0700. */
  folder: string
  /** Further folders for replicas of the state, best on other disks. */
  replicas?: string[]
  rootKeyFile: string
  regions: string[]
  /** Socket path of a caller. Its folder, and so who may reach it, is made by `up`. */
  socket(caller: KeeperCaller): string
  now?: () => Date
  /** Told about faults that are not a caller's. */
  onFault?: (error: unknown) => void
}

export interface Keeper {
  /** Replicas that were mended at start, and where the log does not verify. */
  readonly findings: string[]
  stop(): Promise<void>
}

/** Opens or makes the keys and serves every socket. Throws KeeperFault when a person has to look first. */
export async function startKeeper(place: KeeperPlace): Promise<Keeper> {
  const { promise: opening, resolve: serve } = Promise.withResolvers<Desk>()
  const lines = new Set<JsonLines>()
  const underWay = new Set<Promise<void>>()
  let isStopping = false
  // The sockets come first: they are also what keeps a second keeper away from the same files.
  const servers: Server[] = []
  async function close(): Promise<void> {
    isStopping = true
    const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)))
    await Promise.all(underWay)
    for (const line of lines) line.end()
    await Promise.all(closed)
  }
  function welcome(caller: KeeperCaller, socket: Socket): void {
    const speaking = speakJsonLines(socket, {
      longest: MAX_LINE,
      onMessage(message) {
        if (isStopping) return
        const answered = opening
          .then((desk) => desk(caller, message))
          .then((answer) => {
            underWay.delete(answered)
            speaking.send(answer)
          })
        underWay.add(answered)
      },
      onEnd: () => void lines.delete(speaking),
    })
    lines.add(speaking)
  }
  try {
    for (const caller of keeperCallers)
      servers.push(await listenOn(place.socket(caller), (socket) => welcome(caller, socket)))
    const { desk, log, state, findings } = await openFiles(place)
    const note = (op: string, outcome: string) =>
      log.append({ caller: 'keeper', op, outcome, about: {}, sequence: state.sequence })
    for (const finding of findings) await note('found', finding)
    await note('start', 'done')
    serve(desk)
    return {
      findings,
      async stop() {
        await close()
        await note('stop', 'done')
        await log.close()
      },
    }
  } catch (error) {
    for (const server of servers) server.close()
    for (const line of lines) line.end()
    throw error
  }
}

/** First start makes the root key, the state and the log; later ones refuse to make anew what is merely missing. */
async function openFiles(place: KeeperPlace) {
  const { folder, now = () => new Date() } = place
  const log = await openChainedLog({ folder: join(folder, 'log'), now })
  try {
    return openKeys(place, log, now)
  } catch (error) {
    await log.close()
    throw error
  }
}

function openKeys(place: KeeperPlace, log: ChainedLog, now: () => Date) {
  const { folder, rootKeyFile, passphrase, token, onFault } = place
  const folders: [string, string, ...string[]] = [folder, join(folder, 'replica'), ...(place.replicas ?? [])]
  if (!existsSync(rootKeyFile)) {
    if (hasState(folders) || log.sequence > 0)
      throw new KeeperFault(`The root key ${rootKeyFile} is missing, and the keeper's state needs it.`)
    createRootKey({ file: rootKeyFile, passphrase, token })
  } else if (!hasState(folders) && log.sequence > 0)
    throw new KeeperFault(`The keeper's state is missing (${folders.join(', ')}): bring a replica back.`)
  const rootKey = loadRootKey({ file: rootKeyFile, passphrase, token })
  const state = openState({ folders, rootKey: rootKey.key, now })
  if (state.sequence < log.sequence)
    throw new KeeperFault(`The keeper's state is older than its log (${state.sequence} < ${log.sequence}).`)
  for (const region of place.regions) state.addRegion(region)
  const findings = [...state.mended.map((where) => `mended ${where}`), ...(log.broken ? [log.broken] : [])]
  return {
    desk: openDesk(keeperOps({ state, log, rootKey, now }), { state, log, onFault }),
    log,
    state,
    findings,
  }
}

interface DeskParts {
  state: KeeperState
  log: ChainedLog
  onFault: ((error: unknown) => void) | undefined
}
/** Takes a question as it came, gives the answer to send; never throws. */
type Desk = (caller: KeeperCaller, message: unknown) => Promise<unknown>

function openDesk(ops: KeeperOps, { state, log, onFault }: DeskParts): Desk {
  const validators = Object.fromEntries(
    Object.entries(schemas).map(([op, { question }]) => [op, Compile(question)]),
  )
  function isQuestion<O extends KeeperOp>(op: O, value: unknown): value is KeeperQuestion<O> {
    return validators[op]?.Check(value) === true
  }
  function perform<O extends KeeperOp>(op: O, question: unknown, caller: KeeperCaller): KeeperAnswer<O> {
    requireRight(op, caller)
    if (!isQuestion(op, question)) throw new OpError('invalid', `Not a question of the form of ${op}.`)
    return ops[op](question, caller)
  }
  return async (caller, message) => {
    const { id, op, ...question }: Record<string, unknown> = typeof message === 'object' ? { ...message } : {}
    const entry = { caller, op: isOp(op) ? op : 'unknown', about: loggedPart(question) }
    try {
      let answer: unknown
      try {
        if (!isOp(op)) throw new OpError('invalid', 'There is no such op.')
        answer = perform(op, question, caller)
      } catch (error) {
        await log.append({ ...entry, outcome: codeOf(error), sequence: state.sequence })
        throw error
      }
      if (op !== 'status') await log.append({ ...entry, outcome: 'done', sequence: state.sequence })
      return { id, answer }
    } catch (error) {
      const code = codeOf(error)
      const isOurs = code === 'failed' || code === 'full'
      if (isOurs) onFault?.(error)
      const text = isOurs || !(error instanceof Error) ? 'The keeper failed.' : error.message
      return { id, error: { code, message: text } }
    }
  }
}

function isOp(op: unknown): op is KeeperOp {
  return typeof op === 'string' && Object.hasOwn(schemas, op)
}

function codeOf(error: unknown): KeeperErrorCode {
  if (error instanceof OpError) return error.code
  // What it does is answered only when it is in its log.
  if (error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT'))
    return 'full'
  return error instanceof SealBroken ? 'broken' : 'failed'
}

/** Of a question only names, numbers and ids go into the log, each short whatever was sent. */
function loggedPart(question: Record<string, unknown>): LogEntry['about'] {
  const about: LogEntry['about'] = {}
  for (const name of ['region', 'tenant', 'role', 'purpose', 'subject', 'version', 'after', 'before', 'to']) {
    const value = question[name]
    if (typeof value === 'string') about[name] = value.slice(0, 64)
    if (typeof value === 'number') about[name] = value
  }
  if (Array.isArray(question.keys)) about.keys = question.keys.length
  return about
}
