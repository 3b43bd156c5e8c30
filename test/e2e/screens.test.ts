import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { type DemoTenant, type Installation, theInstallation } from '../installation.ts'
import { anOrganisation } from '../people.ts'
import { violations } from './axe.ts'
import { noBrowser, picture, type Visit, visit } from './browser.ts'

/** Nobody's: the page says so, and the browser notes the answer it got. */
const NO_CERTIFICATE = '/certificates/des_01m8epn4rpeb0bv7jxm2a5dghq'
const SIGNED_OUT = ['/sign-in', '/sign-up', '/forgot-password', NO_CERTIFICATE]
const SIGNED_IN = [
  '/knowledge',
  '/knowledge/snips',
  '/search?q=cooling',
  '/trust',
  '/trust/claims/PX-21',
  '/trust/audit',
  '/trust/destroyed',
  '/settings/people',
  '/settings/password',
  '/settings/sessions',
  '/settings/api-keys',
  '/settings/webhooks',
  '/settings/organisation',
  '/settings/outbox',
  '/activity',
  '/notifications',
  '/knowledge?bell=open',
  '/knowledge/no-such-page',
]
/** Screens of one document, by its id. */
const OF_A_DOCUMENT: Readonly<Record<string, (id: string) => string>> = {
  'a document': (id) => `/knowledge/documents/${id}`,
  'a document, its pages at a glance': (id) => `/knowledge/documents/${id}?thumbnails=shown`,
  'a seal': (id) => `/knowledge?seal=${id}`,
  'a search by seal code': () => '/search?q=7K2QX-0M11P',
}
/** What opens on a screen, by the button that opens it. */
const OPENED: Readonly<Record<string, { at: string; button: string | RegExp }>> = {
  'a dialog': { at: '/settings/api-keys', button: 'Make a key' },
  'a dialog that destroys': { at: '/settings/organisation', button: /^Destroy the organisation/ },
}
/** The library of somebody who has just founded an organisation. */
const FIRST = 'a first library'
const WIDTHS = [1440, 360]
const MOVING = `[...document.querySelectorAll('*')].filter((one) => getComputedStyle(one).transitionDuration !== '0s').length`
const SCHEMES = ['light', 'dark'] as const

describe('every screen', { skip: noBrowser }, () => {
  let house: Installation
  let acme: DemoTenant
  before(async () => {
    house = await theInstallation()
    acme = house.tenants[0]
  })

  for (const width of WIDTHS) {
    const visits: Record<string, Promise<Visit>> = {}
    after(async () => {
      for (const opened of Object.values(visits)) await (await opened)[Symbol.asyncDispose]()
    })

    for (const path of [
      ...SIGNED_OUT,
      ...SIGNED_IN,
      ...Object.keys(OF_A_DOCUMENT),
      ...Object.keys(OPENED),
      FIRST,
    ]) {
      it(`${path} at ${width} is whole, readable by everybody and quiet, in light and in dark`, async () => {
        const isStranger = SIGNED_OUT.includes(path)
        // One visit goes from screen to screen, as a person does.
        const who = isStranger ? 'stranger' : path === FIRST ? 'founder' : 'owner'
        visits[who] ??=
          who === 'founder'
            ? aFounder(width)
            : visit(house, acme, { width, ...(isStranger ? {} : { as: acme.owner }) })
        const { page, troubles, quiet } = await visits[who]
        troubles.length = 0
        const place = OF_A_DOCUMENT[path]
        await page.emulateMedia({ colorScheme: 'light' })
        const opened = OPENED[path]
        const address = place
          ? place(await aDocument())
          : path === FIRST
            ? '/knowledge'
            : (opened?.at ?? path)
        if (width === WIDTHS[0] || page.url() === 'about:blank') await page.goto(address)
        // On the phone from screen to screen without loading the app again.
        else await page.evaluate(`history.pushState({}, '', ${JSON.stringify(address)})`)
        await settled(page, quiet)
        assert.equal(await page.evaluate(MOVING), 0, 'nothing moves for who asks for less motion')
        if (opened) {
          await page.getByRole('button', { name: opened.button }).first().click()
          await page.getByRole('dialog').waitFor()
        }
        if (path === FIRST) await page.getByText('0 of 6 taken').waitFor()
        assert.ok((await page.title()).includes('Panoply'))
        assert.equal(await page.locator('main, [role="main"]').count(), 1, 'one main landmark')
        const wide = await page.evaluate('document.documentElement.scrollWidth')
        assert.ok(Number(wide) <= width, `the page is ${wide} wide`)
        for (const colorScheme of SCHEMES) {
          await page.emulateMedia({ colorScheme })
          await page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor()
          await picture(page, `${path.replace(/\W+/g, '-').replace(/^-|-$/g, '')}-${width}-${colorScheme}`)
          assert.deepEqual(
            await violations(page, colorScheme === 'light' ? 'all' : 'colours'),
            [],
            colorScheme,
          )
        }
        const expected = path === NO_CERTIFICATE ? [/status of 404/] : []
        assert.equal(troubles.length, expected.length, troubles.join('; '))
        expected.forEach((pattern, index) => void assert.match(troubles[index] ?? '', pattern))
      })
    }
  }

  async function aFounder(width: number): Promise<Visit> {
    const founded = await anOrganisation(house, `first-steps-${width}.example`, acme)
    return visit(house, founded, { width, as: founded.owner })
  }

  async function aDocument(): Promise<string> {
    const { json } = await house.ask(`${acme.url}/v1/documents?limit=100`, { apiKey: acme.apiKey })
    const found = json.items.find(({ state }: { state: string }) => state === 'ready')
    return found.id
  }
})

/** Until nothing loads any more and no skeleton is left. */
async function settled(page: Page, quiet: Visit['quiet']): Promise<void> {
  await page.locator('main').first().waitFor()
  await quiet()
  // `hidden` is also true of what is not there.
  await page.locator('.mantine-Skeleton-root, main [aria-busy="true"]').first().waitFor({ state: 'hidden' })
}
