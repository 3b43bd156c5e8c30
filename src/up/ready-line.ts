// Owns: what `up` says when everything serves: the line of --json, and the same for people.
import type { Config } from '#core/config.ts'

/** An organisation of the demo, as dev/demo.ts answers it. */
export type DemoTenant = Readonly<Record<string, unknown>>

export interface Ready {
  readonly ready: true
  /** Process of `up`: SIGTERM to it stops everything. */
  readonly pid: number
  readonly url: string
  readonly httpUrl: string
  /** File with the certificate of the home's own authority. */
  readonly ca: string
  readonly home: string
  readonly outbox: string
  readonly tenants: readonly DemoTenant[]
}

/** `report` is what the web process told; what it left out follows from the configuration. */
export function describeReady(config: Config, report: Readonly<Record<string, unknown>>): Ready {
  const [region] = config.regions
  const told = (name: string, otherwise: string): string => {
    const value = report[name]
    return typeof value === 'string' ? value : otherwise
  }
  return {
    ready: true,
    pid: process.pid,
    url: told('url', region.url),
    httpUrl: told('httpUrl', `http://${region.hostName}:${config.httpPort}`),
    ca: config.caCertificateFile,
    home: config.home,
    outbox: told('outbox', `${region.url}/v1/outbox`),
    tenants: [],
  }
}

/** A few lines for a person at a terminal. */
export function tellReady(config: Config, ready: Ready): string {
  const others = config.regions.slice(1).map((region) => `           ${region.url} (${region.name})`)
  const tenants = ready.tenants.flatMap((tenant) => {
    const owner = tenant.owner
    if (typeof owner !== 'object' || owner === null || !('email' in owner) || !('password' in owner))
      return []
    return [`  Sign in  ${owner.email} / ${owner.password} at ${tenant.url}`]
  })
  return [
    '',
    `  Panoply  ${ready.url} (${config.regions[0].name})`,
    ...others,
    `  Mail     ${ready.outbox}`,
    `  Home     ${ready.home}`,
    `  Trust    the browser warns until it knows ${ready.ca}`,
    ...tenants,
    '',
    '  Ctrl-C stops it.',
    '',
  ].join('\n')
}
