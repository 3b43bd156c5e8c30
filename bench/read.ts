/**
 * A read through the whole door (signature or session checked, tenant login, audited, unsealed, written by its schema) against the
 * same Fastify with a bare select. TLS is off on both sides. In turn, in one run.
 */
import { openHouse } from '#test/own-house.ts'
import { signPdx } from '#test/sign-request.ts'
import { startBareServer } from './bare-server.ts'
import { databaseProcess, inTurn, noteOf, type Side } from './http-load.ts'
import { aReadDocument } from './read-document.ts'
import type { Bench, Row } from './row.ts'

const REACH = 0.5
/** By connections at a time. */
const REQUESTS = { 1: 1_000, 16: 4_000 } as const

export const bench: Bench = { name: 'read', run: benchReads }

async function benchReads(): Promise<Row[]> {
  await using bare = await startBareServer({})
  await using read = await openReading()
  const rows: Row[] = []
  for (const [way, headers] of Object.entries(read.headers))
    for (const connections of [1, 16] as const) {
      const load = { connections, requests: REQUESTS[connections] }
      const compared = await inTurn(
        { ...bare, url: `${bare.url}/row/${bare.id}` },
        { ...read.side, headers },
        load,
      )
      rows.push({
        name: `read through the door, ${way}, ${connections} at a time`,
        baseline: 'Fastify with a bare select',
        baselineValue: compared.baseline.perSecond,
        ours: compared.ours.perSecond,
        unit: 'per s',
        ratio: compared.ratio,
        reach: `>= ${REACH}`,
        pass: compared.ratio >= REACH,
        note: noteOf(compared),
      })
    }
  return rows
}

export interface Reading extends AsyncDisposable {
  /** A document to ask for, in a house that listens. */
  readonly side: Side
  /** Two ways to show who asks: the same PDX signature is good for a GET as long as it lives. */
  readonly headers: { readonly signed: Record<string, string>; readonly session: Record<string, string> }
}

/** A house in this process with a document to read. */
export async function openReading(): Promise<Reading> {
  const house = await openHouse()
  const resident = await house.aResident()
  const document = await aReadDocument(house, resident)
  const url = await house.app.listen({ port: 0, host: '127.0.0.1' })
  const path = `/v1/documents/${document}`
  const domain = resident.email.split('@')[1]
  const made = await house.ask(resident, 'POST', '/v1/api-keys', { name: 'signer', domains: [domain] })
  const { hmac } = made.json
  const signed = signPdx('header', hmac, {
    method: 'GET',
    path,
    headers: { Host: 'localhost:8443' },
    date: `${new Date().toISOString().slice(0, 19)}Z`,
    expires: 900,
    originator: 'bench',
    email: resident.email,
    displayName: 'A Resident',
  })
  return {
    side: {
      url: `${url}${path}`,
      server: process.pid,
      database: databaseProcess(house.login('migrator').host),
    },
    headers: { signed: signed.headers, session: { authorization: `Bearer ${resident.token}` } },
    [Symbol.asyncDispose]: () => house.stop(),
  }
}
