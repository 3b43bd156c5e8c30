// What a probe of the worker process stands on: a region, the configuration, and passwords as sign-in hashes them.
// Must stay true: a probe reads; it opens no tenant.
import type { Passwords } from '#core/auth/password.ts'
import type { Config, RegionPlace } from '#core/config.ts'
import type { Finding } from '#core/evidence/evidence.ts'

export interface WorkerGround {
  readonly region: RegionPlace
  readonly config: Pick<Config, 'httpPort' | 'caCertificateFile' | 'hasSystemUsers' | 'regions'>
  readonly passwords: Pick<Passwords, 'hash' | 'matches'>
  /** Where parsers work; null where there is no such place. */
  readonly workRoot: string | null
}

export type WorkerProbe = (ground: WorkerGround) => Promise<Finding>
