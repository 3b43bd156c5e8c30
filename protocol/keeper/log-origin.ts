// The name of a tenant's audit log, as checkpoints carry it. Keeper, sealer and verifier must agree on it to the byte.

/** The origin line of a tenant's checkpoints (C2SP tlog-checkpoint) and the key name of their signatures. */
export function logOrigin(region: string, tenant: string): string {
  return `panoply/${region}/${tenant}`
}
