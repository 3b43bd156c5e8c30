import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { type DemoTenant, type Installation, theInstallation } from '../installation.ts'
import { noBrowser, visit } from './browser.ts'

describe('the Trust page', { skip: noBrowser }, () => {
  let house: Installation
  let acme: DemoTenant
  before(async () => {
    house = await theInstallation()
    acme = house.tenants[0]
  })

  it('finds a claim, runs its checks again and proves the result in this browser', async () => {
    await using visited = await visit(house, acme, { as: acme.owner })
    const { page, troubles } = visited
    await page.goto('/trust')
    await page.getByText('of 93 claims are in operation').waitFor()
    await page.getByRole('img', { name: 'One scale for each claim, by theme' }).waitFor()
    await page.getByPlaceholder('Find a claim').fill('PX-21')
    await page.getByText('1 of 93').waitFor()
    assert.match(page.url(), /q=PX-21/)
    await page.getByRole('link', { name: /PX-21/ }).click()
    await page.waitForURL(/\/trust\/claims\/PX-21/)
    await page.getByRole('button', { name: 'Run again now' }).click()
    await page.getByText('Done. The result is in the log.').waitFor()
    await page.getByText('In operation, last shown').waitFor()
    await page.getByText('The proof holds.').waitFor()
    assert.deepEqual(troubles, [])
  })

  it('shows the fingerprint of the keys that sign', async () => {
    await using visited = await visit(house, acme, { as: acme.owner })
    const { page } = visited
    await page.goto('/trust')
    await page.getByRole('heading', { name: 'Keys that sign' }).waitFor()
    await page
      .getByText(/^([0-9a-f]{4} ){15}[0-9a-f]{4}$/)
      .first()
      .waitFor()
    assert.match((await page.locator('#keys').textContent()) ?? '', /panoply\/eu\/[a-z2-7]{13}\+/)
  })
})
