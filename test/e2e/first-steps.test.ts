import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { fileForm } from '../ask.ts'
import { drained } from '../drained.ts'
import { type DemoTenant, type Installation, theInstallation } from '../installation.ts'
import { onePagePdf } from '../one-page-pdf.ts'
import { aMember, anOrganisation, expectStatus } from '../people.ts'
import { noBrowser, picture, visit } from './browser.ts'

const SENTENCE = 'The valve of the second loop closes by itself'

describe('whoever is new', { skip: noBrowser }, () => {
  let house: Installation
  let founded: DemoTenant
  before(async () => {
    house = await theInstallation()
    founded = await anOrganisation(house, 'first-steps.example', house.tenants[0])
  })

  it('is led from step to step, puts them away on one device and finds them away on the other', async () => {
    await using visited = await visit(house, founded, { as: founded.owner })
    const { page, troubles } = visited
    await page.goto('/knowledge')
    const steps = page.getByRole('region', { name: 'First steps' })
    await steps.getByText('0 of 6 taken').waitFor()
    assert.equal(await page.getByText('Documents your organisation adds').count(), 1, 'it is said once')
    const chooser = page.waitForEvent('filechooser')
    await steps.getByRole('button', { name: 'Add documents' }).click()
    await (await chooser).setFiles({
      name: 'first.pdf',
      mimeType: 'application/pdf',
      buffer: onePagePdf(SENTENCE),
    })
    await steps.getByText('1 of 6 taken').waitFor()
    await drained(house, founded)
    await steps.getByRole('link', { name: 'Find it by search' }).click()
    await page.waitForURL(/\/search/)
    await page.getByLabel('Search documents and snips').fill('valve')
    await page.locator('main li').filter({ hasText: 'valve' }).first().waitFor()
    await page.goto('/knowledge')
    await steps.getByText('2 of 6 taken').waitFor()
    await picture(page, 'journey-first-steps')
    await steps.getByRole('link', { name: 'Capture a first snip' }).click()
    await page.waitForURL(/\/knowledge\/documents\/doc_/)
    await page.goto('/knowledge')
    await steps.getByRole('button', { name: 'Put away' }).click()
    await steps.waitFor({ state: 'detached' })
    assert.equal(await page.evaluate('document.activeElement.id'), 'main', 'the focus is not lost')
    await page.getByRole('button', { name: 'Close notice' }).click()

    await using elsewhere = await visit(house, founded, { as: founded.owner, width: 360 })
    const phone = elsewhere.page
    await phone.goto('/knowledge')
    await phone.getByText('first', { exact: true }).first().waitFor()
    assert.equal(await phone.getByRole('region', { name: 'First steps' }).count(), 0)
    await phone.getByRole('button', { name: /account and appearance/ }).click()
    await phone.getByRole('menuitem', { name: /First steps/ }).click()
    await phone.getByText('2 of 6 taken').waitFor()
    assert.deepEqual([...troubles, ...elsewhere.troubles], [])
  })

  it('checks a proof from the library, where they may not read the log, and is left alone when all is done', async () => {
    const { email, password, session } = await aMember(house, founded, 'nora')
    const body = fileForm('second.pdf', onePagePdf('The pump waits'), 'application/pdf')
    const added = await house.ask(`${founded.url}/v1/documents`, { session, body })
    expectStatus(added, 201)
    await drained(house, founded)
    const json = { documentId: added.json.id, page: 1, kind: 'text', quote: { exact: 'pump' } }
    expectStatus(await house.ask(`${founded.url}/v1/snips`, { session, json }), 201)
    expectStatus(await house.ask(`${founded.url}/v1/search?q=pump`, { session }), 200)
    await using visited = await visit(house, founded, { as: { email, password } })
    const { page, troubles } = visited
    await page.goto('/knowledge')
    const steps = page.getByRole('region', { name: 'First steps' })
    await steps.getByText('3 of 4 taken').waitFor()
    await steps.getByRole('link', { name: 'Check a proof' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Verify' }).click()
    await page.getByText('The proof holds.').waitFor({ timeout: 20_000 })
    await page.getByRole('button', { name: 'Close panel' }).click()
    await steps.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: /account and appearance/ }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).waitFor()
    assert.equal(await page.getByRole('menuitem', { name: /First steps/ }).count(), 0)
    assert.deepEqual(troubles, [])
  })
})
