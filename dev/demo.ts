// Fills a fresh installation with two organisations, through its own API, with real files. Invented throughout.
// Must stay true: running it again changes nothing; what it knows of its people lies in home/demo.json, readable by its owner only.
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Api, openApi } from './api.ts'

/** What `up` knows when everything runs. */
export interface DemoGround {
  readonly url: string
  /** File of the certificate authority. */
  readonly ca: string
  readonly home: string
  /** Address of the outbox. */
  readonly outbox: string
}

/** One organisation of the ready line. */
export interface DemoTenant {
  readonly id: string
  readonly name: string
  readonly region: string
  readonly domain: string
  readonly url: string
  readonly owner: { readonly email: string; readonly password: string }
  readonly apiKey: string
  /** What signs requests; it may speak for everybody of the domain. */
  readonly hmac: { readonly id: string; readonly key: string }
}

interface Snip {
  readonly page: number
  readonly exact: string
  readonly insight: string
  readonly note?: string
  readonly tags: readonly string[]
}

interface Plan {
  readonly name: string
  readonly domain: string
  readonly country: string
  readonly region: string
  readonly owner: string
  readonly colleagues: readonly string[]
  readonly documents: readonly {
    readonly file: string
    readonly title: string
    readonly snips: readonly Snip[]
  }[]
}

const PLANS: readonly Plan[] = [
  {
    name: 'Acme Instruments',
    domain: 'acme.example',
    country: 'SE',
    region: 'eu',
    owner: 'Astrid Holm',
    colleagues: ['Jonas Ek', 'Mira Okafor'],
    documents: [
      {
        file: 'acme-supplier-handbook.pdf',
        title: 'Supplier handbook',
        snips: [
          {
            page: 2,
            exact: 'A change that was not announced counts as a defect, even when the parts are good.',
            insight: 'Silent process changes are treated as defects',
            note: 'Quote this in the next supplier talk.',
            tags: ['suppliers', 'quality'],
          },
          {
            page: 4,
            exact: 'a single warm weekend shifts viscosity by up to two per cent',
            insight: 'One warm weekend costs the whole error budget',
            tags: ['cooling', 'calibration'],
          },
        ],
      },
      {
        file: 'acme-cooling-incident.pdf',
        title: 'Incident report: cooling failure in hall 3',
        snips: [
          {
            page: 4,
            exact: 'An alarm that rings in one place is a single point of failure.',
            insight: 'Alarms must go up the line by themselves',
            tags: ['alarms', 'cooling'],
          },
        ],
      },
      {
        file: 'acme-reading-room.pdf',
        title: 'Notes from the reading room',
        snips: [
          {
            page: 2,
            exact: 'When somebody leaves, the papers stay and the reading is lost.',
            insight: 'What people underlined is the knowledge that can be handed over',
            tags: ['knowledge'],
          },
        ],
      },
    ],
  },
  {
    name: 'Globex Water',
    domain: 'globex.example',
    country: 'US',
    region: 'us',
    owner: 'Rosa Quint',
    colleagues: ['Theo Vance'],
    documents: [
      {
        file: 'globex-field-manual.pdf',
        title: 'Field manual for pump stations',
        snips: [
          {
            page: 4,
            exact: 'a bearing that rises by half a millimetre per second in a week has about a month to live',
            insight: 'Plan the bearing change when vibration rises by 0.5 mm/s a week',
            tags: ['vibration', 'maintenance'],
          },
        ],
      },
      { file: 'globex-retention-schedule.pdf', title: 'Retention schedule', snips: [] },
    ],
  },
]

/** Fills the installation, or reads what an earlier run made. */
export async function runDemo(ground: DemoGround): Promise<DemoTenant[]> {
  const file = join(ground.home, 'demo.json')
  const known: DemoTenant[] = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []
  const api = openApi(ground.ca)
  const regions = (await api.get(ground.url, '/v1/regions')).items
  const tenants: DemoTenant[] = []
  for (const plan of PLANS) {
    const url = regions.find((region: { name: string }) => region.name === plan.region)?.url
    const before = known.find(({ domain }) => domain === plan.domain)
    const tenant: DemoTenant = before ? { ...before, url } : await found(api, ground, plan, url)
    tenants.push(tenant)
    writeFileSync(file, `${JSON.stringify(tenants.concat(known.slice(tenants.length)), null, 2)}\n`, {
      mode: 0o600,
    })
  }
  api.close()
  return tenants
}

async function found(api: Api, ground: DemoGround, plan: Plan, url: string): Promise<DemoTenant> {
  const owner = await signUp(api, ground, plan, url, plan.owner)
  const me = await api.get(url, '/v1/me', owner.token)
  const { key, hmac } = await api.post(
    url,
    '/v1/api-keys',
    { name: 'Demonstration', domains: [plan.domain] },
    owner.token,
  )
  for (const document of plan.documents) {
    const bytes = readFileSync(join(import.meta.dirname, 'demo', document.file))
    const made = await api.upload(
      url,
      '/v1/documents',
      { name: document.file, bytes, title: document.title },
      owner.token,
    )
    if (document.snips.length > 0) await readable(api, url, made.id, owner.token)
    for (const { exact, ...snip } of document.snips) {
      await api.post(
        url,
        '/v1/snips',
        { documentId: made.id, kind: 'text', quote: { exact }, ...snip },
        owner.token,
      )
    }
  }
  for (const colleague of plan.colleagues) await signUp(api, ground, plan, url, colleague)
  return {
    id: me.organisation.id,
    name: plan.name,
    region: plan.region,
    domain: plan.domain,
    url,
    owner: { email: owner.email, password: owner.password },
    apiKey: key,
    hmac,
  }
}

async function signUp(api: Api, ground: DemoGround, plan: Plan, url: string, displayName: string) {
  const email = `${displayName.split(' ')[0]?.toLowerCase()}@${plan.domain}`
  const password = `${randomBytes(4).toString('hex')}-meadow-${randomBytes(4).toString('hex')}`
  await api.post(url, '/v1/accounts', { email, displayName, country: plan.country })
  const mails: { to: string; text: string }[] = (await api.get(ground.outbox, '')).items
  const token = /token=([A-Za-z0-9._-]+)/.exec(mails.find(({ to }) => to.includes(email))?.text ?? '')?.[1]
  if (!token) throw new Error(`no mail for ${email} in the outbox`)
  const opened = await api.post(url, '/v1/accounts/verification', {
    token,
    password,
    organisationName: plan.name,
    storage: { knowledge: true, agreements: true, fleet: false },
  })
  return { email, password, token: opened.token as string }
}

/** Waits until the document was read; its activity would say so too. */
async function readable(api: Api, url: string, id: string, token: string): Promise<void> {
  const end = Date.now() + 60_000
  for (;;) {
    const { state } = await api.get(url, `/v1/documents/${id}`, token)
    if (state === 'ready') return
    if (state === 'unreadable' || Date.now() > end) throw new Error(`${id} is ${state}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
