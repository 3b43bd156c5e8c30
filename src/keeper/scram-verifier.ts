// What PostgreSQL stores of a password (RFC 5802, RFC 7677), made without PostgreSQL ever seeing it.
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'

/** PostgreSQL's form of a SCRAM-SHA-256 verifier. One iteration is enough only for passwords of 256 random bits. */
export function scramVerifier(password: string, salt: Uint8Array, iterations: number): string {
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256')
  const clientKey = createHmac('sha256', salted).update('Client Key').digest()
  const storedKey = createHash('sha256').update(clientKey).digest('base64')
  const serverKey = createHmac('sha256', salted).update('Server Key').digest('base64')
  return `SCRAM-SHA-256$${iterations}:${Buffer.from(salt).toString('base64')}$${storedKey}:${serverKey}`
}
