/**
 * A house whose documents are read: what the worker would run is run here, in this process, when the test says so.
 * The parsers are the real capped children.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Ctx } from '#core/ctx.ts'
import { PublicError } from '#core/errors.ts'
import { findConfinement } from '#core/jobs/confinement.ts'
import type { Job, Task } from '#core/jobs/job.ts'
import { openWorkRoot } from '#core/jobs/work-folder.ts'
import { systemActor } from '#core/tenancy/system-actor.ts'
import { drawPictureTask } from '#knowledge/documents/draw-picture.job.ts'
import { readDocumentTask } from '#knowledge/documents/read-document.job.ts'
import type { BuiltCtx } from '#src/context.ts'
import { fileForm } from './ask.ts'
import { type OwnHouse, type OwnHouseOptions, openHouse, type Resident } from './own-house.ts'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly bytes: Buffer
  // biome-ignore lint/suspicious/noExplicitAny: a test reads answers by hand and fails where they differ.
  readonly json: any
}

export interface OwnLibrary {
  readonly house: OwnHouse
  readonly ctx: BuiltCtx
  aResident(): Promise<Resident>
  ask(
    resident: Resident,
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    url: string,
    body?: object,
    headers?: Record<string, string>,
  ): Promise<Answer>
  /** Uploads as a browser does. */
  add(resident: Resident, bytes: Uint8Array, name?: string, title?: string): Promise<Answer>
  /** Runs one task for one record, as the worker does. */
  run(
    resident: Resident,
    task: Task,
    record: string,
    signal?: AbortSignal,
    progress?: Job['progress'],
  ): Promise<void>
  /** Reads every document and draws every picture that waits. */
  work(resident: Resident): Promise<void>
  stop(): Promise<void>
}

/** Opens the house and a place for parsers. */
export async function openLibrary(options: OwnHouseOptions = {}): Promise<OwnLibrary> {
  const runFolder = mkdtempSync(join(tmpdir(), 'panoply-own-library-'))
  const [house, confinement, workRoot] = await Promise.all([
    openHouse(options),
    findConfinement(),
    openWorkRoot(runFolder),
  ])
  const ctx: BuiltCtx = { ...house.ctx, parsing: { workRoot, confinement } }
  const library: OwnLibrary = {
    house,
    ctx,
    aResident: () => house.aResident(),
    async ask(resident, method, url, body, headers = {}) {
      const response = await house.app.inject({
        method,
        url,
        ...(body ? { payload: body } : {}),
        headers: { authorization: `Bearer ${resident.token}`, ...headers },
      })
      const isJson = /json/.test(String(response.headers['content-type']))
      return {
        status: response.statusCode,
        headers: response.headers,
        bytes: response.rawPayload,
        json: isJson ? response.json() : undefined,
      }
    },
    add(resident, bytes, name = 'a file.pdf', title) {
      const form = fileForm(name, bytes, 'application/pdf', title)
      return library.ask(resident, 'POST', '/v1/documents', form.bytes, {
        'content-type': form.type,
      })
    },
    run: (resident, task, record, signal, progress) =>
      runOn(ctx, resident, task, record, {
        ...(signal ? { signal } : {}),
        ...(progress ? { progress } : {}),
      }),
    async work(resident) {
      const { db } = { db: (await ctx.tenant(tenantOf(resident))).db('activity') }
      const documents = await db
        .selectFrom('document')
        .select('id')
        .where('state', 'in', ['received', 'reading'])
        .execute()
      for (const { id } of documents) await library.run(resident, readDocumentTask, id).catch(passUnreadable)
      const pictures = await db
        .selectFrom('document_blob')
        .select('id')
        .where('state', '=', 'wanted')
        .execute()
      for (const { id } of pictures) await library.run(resident, drawPictureTask, id)
    },
    async stop() {
      await house.stop()
      rmSync(workRoot, { recursive: true, force: true })
      rmSync(runFolder, { recursive: true, force: true })
    },
  }
  return library
}

/** An unreadable document ends its job with a code; what the test looks at is the document. */
function passUnreadable(error: unknown): void {
  if (!(error instanceof PublicError && error.code === 'document_unreadable')) throw error
}

const tenantOf = ({ token }: Resident): string => token.split('.')[0] ?? ''

/** Runs one task for one record as the worker of a house does. */
export async function runOn(
  ctx: Ctx,
  resident: Resident,
  task: Task,
  record: string,
  {
    signal = new AbortController().signal,
    progress = () => undefined,
  }: Partial<Pick<Job, 'signal' | 'progress'>> = {},
): Promise<void> {
  const tenant = tenantOf(resident)
  const actor = systemActor(tenant, {
    region: 'eu',
    origin: { ip: '', userAgent: '' },
    requestId: crypto.randomUUID(),
  })
  const job: Job = {
    id: record,
    region: 'eu',
    tenant,
    task: task.name,
    record,
    activity: null,
    attempt: 1,
    isLastAttempt: true,
    actor: { ...actor, permissions: new Set(task.permissions) },
    signal,
    progress,
  }
  await task.run(ctx, job)
}
