/** People for tests, made the way people are made: signing in, or signing up and following the mail. */
import type { Reply } from './ask.ts'
import type { DemoTenant, Installation } from './installation.ts'

/** A new session of the tenant's owner. */
export async function ownerSession(installation: Installation, tenant: DemoTenant): Promise<string> {
  return signIn(installation, tenant, tenant.owner)
}

/** A new session. */
export async function signIn(
  { ask }: Installation,
  tenant: DemoTenant,
  credentials: { readonly email: string; readonly password: string },
): Promise<string> {
  const reply = await ask(`${tenant.url}/v1/sessions`, { json: credentials })
  expectStatus(reply, 201)
  return reply.json.token
}

export interface Member {
  readonly email: string
  readonly password: string
  readonly session: string
}

/** A new member of the tenant, joined by its mail domain. `name` is the local part of the address. */
export async function aMember(installation: Installation, tenant: DemoTenant, name: string): Promise<Member> {
  const { ask } = installation
  const email = `${name}@${tenant.domain}`
  const password = `correct horse ${crypto.randomUUID()}`
  const displayName = `Member ${name}`
  expectStatus(
    await ask(`${tenant.url}/v1/accounts`, {
      json: { email, displayName, country: 'SE', region: tenant.region },
    }),
    202,
  )
  const token = await mailedToken(installation, email)
  const joined = await ask(`${tenant.url}/v1/accounts/verification`, { json: { token, password } })
  expectStatus(joined, 201)
  return { email, password, session: joined.json.token }
}

/** A new organisation, founded by signing up from its mail domain. Answers it in the form of the demo's organisations. */
export async function anOrganisation(
  installation: Installation,
  domain: string,
  near: Pick<DemoTenant, 'url' | 'region'>,
): Promise<DemoTenant> {
  const { ask } = installation
  const owner = { email: `founder@${domain}`, password: `correct horse ${crypto.randomUUID()}` }
  const account = {
    email: owner.email,
    displayName: 'Founder',
    country: near.region === 'eu' ? 'SE' : 'US',
    region: near.region,
  }
  expectStatus(await ask(`${near.url}/v1/accounts`, { json: account }), 202)
  const token = await mailedToken(installation, owner.email)
  const storage = { knowledge: true, agreements: true, fleet: true }
  const founded = await ask(`${near.url}/v1/accounts/verification`, {
    json: { token, password: owner.password, organisationName: domain, storage },
  })
  expectStatus(founded, 201)
  const session: string = founded.json.token
  const wish = { name: 'tests', domains: [domain] }
  const key = await ask(`${near.url}/v1/api-keys`, { session, json: wish })
  expectStatus(key, 201)
  const rid = session.split('.')[0] ?? ''
  const { key: apiKey, hmac } = key.json
  return { rid, name: domain, region: near.region, domain, url: near.url, owner, apiKey, hmac }
}

/** The token in the newest mail to an address. */
export async function mailedToken({ ask, outbox }: Installation, email: string): Promise<string> {
  const kept = await ask(outbox, { headers: { accept: 'application/json' } })
  expectStatus(kept, 200)
  const mails: readonly { to: string; text: string; sentAt: string }[] = kept.json.items
  const mine = mails.filter(({ to }) => to.includes(email)).sort((a, b) => (a.sentAt < b.sentAt ? 1 : -1))
  const token = /token=([A-Za-z0-9._%-]+)/.exec(mine[0]?.text ?? '')?.[1]
  if (token === undefined) throw new Error(`no token was mailed to ${email}; ${mails.length} mails`)
  return decodeURIComponent(token)
}

/** Throws with the answer's own words when the status is another one. */
export function expectStatus(reply: Reply, status: number): void {
  if (reply.status !== status)
    throw new Error(`expected ${status}, got ${reply.status}: ${reply.bytes.subarray(0, 600)}`)
}
