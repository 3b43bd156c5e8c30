// What this machine lets us put around a parser: no network, death with the parent, no new privileges.
// Must stay true: `network` says what is really so, because the trust page repeats it.
import { execFile } from 'node:child_process'

export interface Confinement {
  /** Put before the command of a child. */
  readonly prefix: readonly string[]
  /** 'none': the child has no network at all. 'host': the system did not let us take it away. */
  readonly network: 'none' | 'host'
  /** Whether the kernel ends the child when the worker dies. */
  readonly diesWithParent: boolean
}

const emptyNetworks = [
  ['unshare', '--net', '--'],
  ['unshare', '--map-root-user', '--net', '--'],
]
const dieWithParent = ['setpriv', '--pdeathsig', 'KILL', '--no-new-privs', '--']

/** Tries once what works here, as this user. The composition root keeps the answer. */
export async function findConfinement(): Promise<Confinement> {
  const dies = await works(dieWithParent)
  let network: readonly string[] | undefined
  for (const prefix of emptyNetworks) {
    if (!network && (await works(prefix))) network = prefix
  }
  return {
    prefix: [...(network ?? []), ...(dies ? dieWithParent : [])],
    network: network ? 'none' : 'host',
    diesWithParent: dies,
  }
}

function works(prefix: readonly string[]): Promise<boolean> {
  const [command, ...args] = [...prefix, 'true']
  return new Promise((resolve) => {
    execFile(command ?? 'true', args, { timeout: 5_000 }, (error) => resolve(error === null))
  })
}
