// Evidence of one region: runs what is due, by itself or on request, and writes every result to the region's evidence log.
// Must stay true: one thing runs at a time; a probe that throws is a result too, with nothing of the error but its kind.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { SignCheckpoint } from '#core/audit/checkpoint.ts'
import { kyselyOnLease } from '#core/db/kysely-on.ts'
import type { SteadyClient } from '#core/db/steady-client.ts'
import { PublicError } from '#core/errors.ts'
import {
  type Evidence,
  type Finding,
  type LiveEvidence,
  type RecordedEvidence,
  untellable,
} from '#core/evidence/evidence.ts'
import { appendResults, EVIDENCE_LOG, type NewResult } from '#core/evidence/evidence-log.ts'
import { evidencePlace, ownRecordFile, readTrustedKeys } from '#core/evidence/evidence-place.ts'
import { programDigest } from '#core/evidence/program-digest.ts'
import { judgeRecord, openRecord, RecordRefused } from '#core/evidence/signed-record.ts'
import { withoutTenants } from '#core/evidence/without-tenants.ts'
import type { Log } from '#core/log.ts'
import type { Clock } from '#core/time.ts'
import { logOrigin } from '#protocol/keeper/log-origin.ts'
import type { Workers } from '../workers.ts'
import type { Ask, CellGround } from './cell-ground.ts'
import { cellProbes } from './cell-probes.ts'

export interface EvidenceOptions extends Pick<CellGround, 'config' | 'region' | 'liveEpochs'> {
  readonly evidence: readonly Evidence[]
  /** As migrator in the cell, and as registrar in the directory. */
  readonly cell: SteadyClient
  readonly directory: SteadyClient
  /** As dispatcher in the cell. */
  readonly queue: SteadyClient
  readonly workers: Pick<Workers, 'probe' | 'size'>
  readonly sign: SignCheckpoint
  readonly now: Clock
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>
}

export interface CellEvidence {
  /** Runs one evidence and answers the position of its result. Throws `not_found`. Asked again within five seconds, the same run answers. */
  runNow(evidence: string): Promise<number>
  /** Judges records of tests that lie here and were not judged yet. */
  takeRecord(): Promise<void>
  /** Runs what is due until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>
}

const ROUND_MS = 5_000
/** How long the first round waits for a worker, so that it is not all UNKNOWN. */
const PATIENCE_MS = 20_000
const AGAIN_MS = 5_000
/** What could not be told is tried again soon, and then less and less often. */
const RETRY_MS = 15_000

/** The evidence that all manifests name, as `npm run gen` wrote it down. */
export function readEvidence(appFolder: string): Evidence[] {
  return JSON.parse(readFileSync(join(appFolder, 'generated/evidence.json'), 'utf8'))
}

/** Keeps the evidence of one region. Does nothing before {@link CellEvidence.run} or a request. */
export function keepEvidence(options: EvidenceOptions): CellEvidence {
  const { evidence, config, region, workers, now, log } = options
  const live = evidence.filter((one) => one.kind === 'live')
  const recorded = evidence.filter((one) => one.kind !== 'live')
  const ask = asker(options.cell)
  const ground: CellGround = {
    config,
    region,
    ask,
    askDirectory: asker(options.directory),
    askQueue: asker(options.queue),
    liveEpochs: options.liveEpochs,
  }
  const ranAt = new Map<string, { at: number; position: Promise<number> }>()
  /** How often in a row nothing could be told. */
  const untold = new Map<string, number>()
  let program: string | undefined
  let seenRecord = ''
  let last: Promise<unknown> = Promise.resolve()

  async function ownProgram(): Promise<string> {
    program ??= programDigest(config.appFolder)
    await ask(
      `insert into trust.program (one, digest, at) values (true, $1, $2)
       on conflict (one) do update set digest = excluded.digest, at = excluded.at where trust.program.digest <> excluded.digest`,
      [program, now()],
    )
    return program
  }

  async function keep(results: readonly NewResult[]): Promise<number> {
    return options.cell.use((client) => {
      const db = kyselyOnLease<unknown>({ client, release: () => undefined })
      return appendResults(
        { db, origin: logOrigin(region.name, EVIDENCE_LOG), sign: options.sign, now },
        results,
      )
    })
  }

  async function look(one: LiveEvidence): Promise<Finding> {
    if (one.on === 'worker') return workers.probe(region.name, one.name)
    const probe = cellProbes[one.name]
    if (!probe) return untellable({}, ['The cell process has no such probe.'])
    try {
      return await probe(ground)
    } catch (error) {
      log.warn({ region: region.name, evidence: one.name, err: error }, 'a probe could not be done')
      return untellable({}, [`The check ended with ${kindOf(error)}.`])
    }
  }

  async function tenantsHere(): Promise<Set<string>> {
    const rows = await ask<{ tenant: string }>('select tenant from cell.tenant')
    return new Set(rows.map(({ tenant }) => tenant))
  }

  /** In turn, so that probes never crowd the database. */
  function runOne(one: LiveEvidence): Promise<number> {
    const mine = last.then(async () => {
      const digest = program ?? (await ownProgram())
      const at = now()
      const began = performance.now()
      const told = await look(one)
      const finding = withoutTenants(told, told.faults.length > 0 ? await tenantsHere() : new Set())
      if (finding.outcome === 'fail')
        log.warn({ region: region.name, evidence: one.name, faults: told.faults }, 'a claim does not hold')
      const milliseconds = Math.round(performance.now() - began)
      const { name, kind, claims } = one
      untold.set(name, finding.outcome === 'unknown' ? (untold.get(name) ?? 0) + 1 : 0)
      return keep([
        { ...finding, evidence: name, kind, claims, at, milliseconds, program: digest, signedBy: null },
      ])
    })
    last = mine.catch(() => undefined)
    ranAt.set(one.name, { at: now().getTime(), position: mine })
    return mine
  }

  /**
   * Judges a record that is new here. What it says about another program is kept and does not count; a record from before one that is
   * kept is not taken, or an old pass would hide a failure.
   */
  async function takeRecord(): Promise<void> {
    const files = [evidencePlace(config.home).recordFile, ownRecordFile(config.appFolder)].filter((file) =>
      existsSync(file),
    )
    const mark = files.map((file) => `${file} ${statSync(file).mtimeMs}`).join('\n')
    if (mark === seenRecord || recorded.length === 0) return
    await ownProgram()
    const results = files.flatMap((file) => readResults(file, recorded))
    const kept = await ask<{ evidence: string; program: string; at: Date }>(
      `select evidence, leaf::json ->> 'program' as program, max(at) as at from trust.result where evidence = any($1) group by 1, 2`,
      [recorded.map(({ name }) => name)],
    )
    const news = results.filter(({ evidence: name, program: of, at }) =>
      kept.every((one) => one.evidence !== name || one.program !== of || one.at < at),
    )
    news.sort((a, b) => a.at.getTime() - b.at.getTime())
    if (news.length > 0) await keep(news)
    seenRecord = mark
  }

  function readResults(file: string, wanted: readonly RecordedEvidence[]): NewResult[] {
    try {
      const { record, key } = openRecord(readFileSync(file, 'utf8'), readTrustedKeys(config.home))
      return wanted.map((one) => ({
        ...judgeRecord(one, record),
        evidence: one.name,
        kind: one.kind,
        claims: one.claims,
        at: new Date(record.at),
        milliseconds: Math.round(
          record.tests
            .filter(({ file: of }) => one.files.includes(of))
            .reduce((sum, test) => sum + test.milliseconds, 0),
        ),
        program: record.program,
        signedBy: key,
      }))
    } catch (error) {
      if (!(error instanceof RecordRefused)) throw error
      log.warn({ region: region.name, reason: error.message }, 'a record of tests does not count')
      return []
    }
  }

  function pauseOf(name: string, everyMinutes: number): number {
    const tries = untold.get(name) ?? 0
    const usual = everyMinutes * 60_000
    return tries === 0 ? usual : Math.min(usual, RETRY_MS * 2 ** (tries - 1))
  }

  async function whenLast(): Promise<Map<string, number>> {
    const rows = await ask<{ evidence: string; at: Date }>(
      'select distinct on (evidence) evidence, at from trust.result order by evidence, position desc',
    )
    return new Map(rows.map(({ evidence: name, at }) => [name, at.getTime()]))
  }

  async function workersThere(signal: AbortSignal): Promise<void> {
    const until = now().getTime() + PATIENCE_MS
    while (!signal.aborted && workers.size.workers === 0 && now().getTime() < until) await rest(500, signal)
  }

  async function round(signal: AbortSignal, due: (one: LiveEvidence) => boolean): Promise<void> {
    await takeRecord()
    for (const one of live) {
      if (signal.aborted) return
      if (due(one)) await runOne(one)
    }
  }

  return {
    takeRecord,
    async runNow(name) {
      const one = live.find((candidate) => candidate.name === name)
      if (!one) throw new PublicError('not_found')
      const before = ranAt.get(name)
      return before && now().getTime() - before.at < AGAIN_MS ? before.position : runOne(one)
    },
    async run(signal) {
      await rest(1_500, signal)
      await workersThere(signal)
      // A start may be of another program, or after a change by hand: everything is looked at again.
      let isFirst = true
      while (!signal.aborted) {
        try {
          if (isFirst) await ownProgram()
          const latest = isFirst ? new Map<string, number>() : await whenLast()
          isFirst = false
          await round(signal, ({ name, everyMinutes }) => {
            const age = now().getTime() - (latest.get(name) ?? 0)
            // What ran later than now ran before the clock was set back.
            return age < 0 || age >= pauseOf(name, everyMinutes)
          })
        } catch (error) {
          log.error({ region: region.name, err: error }, 'evidence could not be kept')
        }
        await rest(ROUND_MS, signal)
      }
    },
  }
}

function asker(client: SteadyClient): Ask {
  return async (text, values = []) => {
    const { rows } = await client.use((one) => one.query({ text, values: [...values] }))
    return rows
  }
}

async function rest(milliseconds: number, signal: AbortSignal): Promise<void> {
  await pause(milliseconds, undefined, { signal }).catch((error: Error) => {
    if (error.name !== 'AbortError') throw error
  })
}

/** The kind of an error: its code or name, never its text, which may quote what was looked at. */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return 'an error'
  const code = 'code' in error ? String(error.code) : ''
  return /^[A-Z0-9_]{4,30}$/.test(code) ? code : error.name
}
