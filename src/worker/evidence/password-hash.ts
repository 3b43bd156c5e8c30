// P9-15: passwords are hashed with a salt of their own by a memory-hard function. A throw-away password goes through the very
// code that sign-in uses.
import { randomBytes } from 'node:crypto'
import { judge } from '#core/evidence/evidence.ts'
import type { WorkerProbe } from './worker-ground.ts'

const PHC =
  /^\$argon2id\$v=19\$m=(?<memory>\d+),t=(?<passes>\d+),p=\d+\$(?<salt>[A-Za-z0-9+/]+)\$(?<hash>[A-Za-z0-9+/]+)$/

/** Two hashes of one password. OWASP's floor is 19 MiB and two passes, or 46 MiB and one. */
export const passwordHash: WorkerProbe = async ({ passwords }) => {
  const faults: string[] = []
  const password = randomBytes(18).toString('base64url')
  const made = [await passwords.hash(password), await passwords.hash(password)]
  const salts = new Set<string>()
  for (const text of made) {
    const { memory, passes, salt, hash } = PHC.exec(text)?.groups ?? {}
    if (!salt || !hash) {
      faults.push('the hash is not argon2id')
      continue
    }
    salts.add(salt)
    const isDear =
      (Number(memory) >= 19_456 && Number(passes) >= 2) || (Number(memory) >= 47_104 && Number(passes) >= 1)
    if (!isDear) faults.push(`the hash costs ${memory} KiB and ${passes} passes, below the floor`)
    if (Buffer.from(salt, 'base64').length < 16) faults.push('the salt is shorter than 16 bytes')
    if (Buffer.from(hash, 'base64').length < 32) faults.push('the hash is shorter than 32 bytes')
    if (text.includes(password)) faults.push('the hash holds the password')
  }
  if (salts.size < made.length) faults.push('two hashes share a salt')
  if (!(await passwords.matches(made[0], password))) faults.push('the right password does not match')
  if (await passwords.matches(made[0], `${password}x`)) faults.push('a wrong password matches')
  return judge({ hashes: made.length, checks: 2 }, faults)
}
