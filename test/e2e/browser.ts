/** A real browser on a real installation: Debian's Chromium, one for all journeys of a process, a fresh context for each. */
import { createHash, X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { connect } from 'node:tls'
import { type Browser, type BrowserContext, chromium, type Page, type Request } from 'playwright-core'
import { atTheEnd } from '../at-the-end.ts'
import type { DemoTenant, Installation } from '../installation.ts'

const PLACES = [
  process.env.PANOPLY_CHROMIUM ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
]
const PICTURES = join(import.meta.dirname, '../../test-results')

/** Why there is no browser here, or false: the `skip` of a journey. */
export const noBrowser: string | false = PLACES.some((place) => place !== '' && existsSync(place))
  ? false
  : 'no Chromium on this machine'

let browser: Promise<Browser> | undefined

export interface Visit extends AsyncDisposable {
  readonly page: Page
  /** What went wrong in the page: exceptions, console errors, requests that failed or were refused by the policy. */
  readonly troubles: string[]
  /** Until nothing is asked for any more, for a tenth of a second; streams that stay open do not count. */
  quiet(): Promise<void>
}

const QUIET_MS = 100

export interface VisitOptions {
  readonly width?: number
  readonly scheme?: 'light' | 'dark'
  /** Signs in by the API and gives the page the cookie. */
  readonly as?: { readonly email: string; readonly password: string }
}

/** Opens a page in a fresh context at a tenant's address. */
export async function visit(
  house: Installation,
  tenant: DemoTenant,
  options: VisitOptions = {},
): Promise<Visit> {
  if (browser === undefined) {
    browser = start(house)
    atTheEnd(async () => (await browser?.catch(() => undefined))?.close())
  }
  const { width = 1440, scheme = 'light' } = options
  const context = await (await browser).newContext({
    baseURL: tenant.url,
    viewport: { width, height: width < 600 ? 740 : 900 },
    colorScheme: scheme,
    reducedMotion: 'reduce',
    ...(width < 600 ? { hasTouch: true, isMobile: true } : {}),
  })
  context.setDefaultTimeout(15_000)
  if (options.as) await signInByApi(context, tenant, options.as)
  const page = await context.newPage()
  const troubles: string[] = []
  page.on('pageerror', (error) => troubles.push(`exception: ${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error') troubles.push(`console: ${message.text()}`)
  })
  const asked = new Set<Request>()
  let last = performance.now()
  page.on('request', (request) => {
    if (request.resourceType() !== 'eventsource') asked.add(request)
  })
  for (const end of ['requestfinished', 'requestfailed'] as const)
    page.on(end as 'requestfinished', (request) => {
      asked.delete(request)
      last = performance.now()
    })
  const quiet = async (): Promise<void> => {
    const end = performance.now() + 15_000
    while (asked.size > 0 || performance.now() - last < QUIET_MS) {
      if (performance.now() > end) throw new Error(`still asked for: ${[...asked].map((one) => one.url())}`)
      await setTimeout(20)
    }
  }
  return { page, troubles, quiet, [Symbol.asyncDispose]: () => context.close() }
}

/** Keeps a picture of the page in test-results. */
export async function picture(page: Page, name: string): Promise<void> {
  mkdirSync(PICTURES, { recursive: true })
  await page.screenshot({ path: join(PICTURES, `${name}.png`), animations: 'disabled' })
}

async function start(house: Installation): Promise<Browser> {
  const keys = await Promise.all([...new Set(house.tenants.map(({ url }) => url)), house.url].map(keyHash))
  return chromium.launch({
    executablePath: PLACES.find((place) => place !== '' && existsSync(place)) ?? '',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // Trusts the installation's own certificates and no others.
      `--ignore-certificate-errors-spki-list=${[...new Set(keys)].join(',')}`,
    ],
  })
}

/** The hash of the public key that an address shows, as Chromium wants it. */
function keyHash(url: string): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false }, () => {
      const certificate = new X509Certificate(socket.getPeerCertificate().raw)
      const key = certificate.publicKey.export({ type: 'spki', format: 'der' })
      socket.destroy()
      resolve(createHash('sha256').update(key).digest('base64'))
    })
    socket.on('error', reject)
  })
}

async function signInByApi(
  context: BrowserContext,
  tenant: DemoTenant,
  who: { email: string; password: string },
): Promise<void> {
  const reply = await context.request.post('/v1/sessions', {
    data: who,
    headers: { origin: tenant.url },
    ignoreHTTPSErrors: true,
  })
  if (reply.status() !== 201) throw new Error(`sign-in answered ${reply.status()}: ${await reply.text()}`)
}
