// The probes that run with the rights of the worker process, by the name of their evidence.
import type { Finding } from '#core/evidence/evidence.ts'
import type { Log } from '#core/log.ts'
import { blobDoors } from './blob-doors.ts'
import { cipherSuites } from './cipher-suites.ts'
import { passwordHash } from './password-hash.ts'
import { sealedBlobs } from './sealed-blobs.ts'
import { tlsPorts } from './tls-ports.ts'
import { workLeftovers } from './work-leftovers.ts'
import type { WorkerGround, WorkerProbe } from './worker-ground.ts'

export const workerProbes: Readonly<Record<string, WorkerProbe>> = {
  'blob-doors': blobDoors,
  'cipher-suites': cipherSuites,
  'password-hash': passwordHash,
  'sealed-blobs': sealedBlobs,
  'tls-ports': tlsPorts,
  'work-leftovers': workLeftovers,
}

/** Runs one probe; never rejects. What went wrong with the check itself is a finding too, without the text of the error. */
export async function lookAs(
  ground: WorkerGround,
  evidence: string,
  log: Pick<Log, 'warn'>,
): Promise<Finding> {
  const probe = workerProbes[evidence]
  if (!probe) return { outcome: 'unknown', looked: {}, faults: ['This worker knows no such check.'] }
  try {
    return await probe(ground)
  } catch (error) {
    log.warn({ evidence, err: error }, 'a probe could not be done')
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'an error'
    return {
      outcome: 'unknown',
      looked: {},
      faults: [`The check ended with ${/^[A-Z0-9_]{4,30}$/.test(code) ? code : 'an error'}.`],
    }
  }
}
