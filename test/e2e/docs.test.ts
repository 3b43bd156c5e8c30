import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type DemoTenant, type Installation, theInstallation } from '../installation.ts'
import { violations } from './axe.ts'
import { noBrowser, picture, type Visit, visit } from './browser.ts'

const PAGES = ['/docs', '/docs/api#captureSnip', '/docs/signing', '/docs/errors']
/** Light and dark are one style sheet: each is looked at in one width. */
const VIEWS = [
  { width: 1440, scheme: 'light' },
  { width: 360, scheme: 'dark' },
] as const

describe('what programmers read', { skip: noBrowser }, () => {
  let house: Installation
  let acme: DemoTenant
  before(async () => {
    house = await theInstallation()
    acme = house.tenants[0]
  })

  for (const { width, scheme } of VIEWS) {
    let visited: Promise<Visit> | undefined
    after(async () => (await visited)?.[Symbol.asyncDispose]())
    for (const path of PAGES)
      it(`${path} at ${width}, ${scheme}, is whole and readable by everybody`, async () => {
        visited ??= visit(house, acme, { width, scheme })
        const { page, troubles } = await visited
        await page.goto(path)
        assert.match(await page.title(), / · Panoply$/)
        assert.equal(await page.evaluate('document.documentElement.scrollWidth'), width)
        await picture(page, `${path.replace(/\W+/g, '-').replace(/^-/, '')}-${width}-${scheme}`)
        assert.deepEqual(await violations(page), [])
        assert.deepEqual(troubles, [])
      })
  }

  it('opens what an address leads to, finds by a word, and writes its own address into the first example', async () => {
    await using visited = await visit(house, acme)
    const { page, troubles } = visited
    await page.goto('/docs/api#captureSnip')
    await page.locator('#captureSnip details[open]').waitFor()
    assert.equal(await page.locator('#origin').textContent(), new URL(acme.url).origin)
    await page.keyboard.press('/')
    await page.keyboard.type('knowledge.snip.remove')
    await page.locator('#removeSnip').waitFor()
    assert.equal(await page.locator('article:visible').count(), 1)
    // A link to what is hidden shows all again.
    await page.locator('#removeSnip summary').click()
    await page.evaluate("location.hash = 'shape-Snip'")
    await page.locator('#shape-Snip details[open]').waitFor()
    assert.ok((await page.locator('article:visible').count()) > 50)
    await page.getByLabel('Search operations, fields and permissions').fill('nothing is called so')
    await page.getByText('Nothing matches.').waitFor()
    assert.deepEqual(troubles, [])
  })
})
