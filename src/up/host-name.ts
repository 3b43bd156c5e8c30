// The name of this machine as certificates may carry it.
import { hostname } from 'node:os'

/** A host's name may be empty or hold what no certificate may; then it is `localhost`. */
export function hostName(): string {
  const name = hostname().toLowerCase()
  return /^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/.test(name) ? name : 'localhost'
}
