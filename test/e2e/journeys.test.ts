import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { type DemoTenant, type Installation, theInstallation } from '../installation.ts'
import { onePagePdf } from '../one-page-pdf.ts'
import { expectStatus, mailedToken } from '../people.ts'
import { noBrowser, picture, visit } from './browser.ts'

const SENTENCE = 'The valve of the second loop closes by itself'

describe('a person', { skip: noBrowser }, () => {
  let house: Installation
  let acme: DemoTenant
  before(async () => {
    house = await theInstallation()
    acme = house.tenants[0]
  })

  it('signs up, follows the mail and joins the organisation', async () => {
    await using visited = await visit(house, acme)
    const { page, troubles } = visited
    const email = 'newcomer-by-browser@acme.example'
    await page.goto('/sign-up')
    await page.getByLabel('Work e-mail').fill(email)
    await page.getByLabel('Your name').fill('Nora Newcomer')
    await page.getByLabel('Password', { exact: true }).fill('seven quiet meadows in may')
    await page.getByRole('combobox', { name: 'Country of your organisation' }).fill('Sweden')
    await page.getByRole('option', { name: 'Sweden' }).click()
    await page.getByRole('button', { name: 'Create account' }).click()
    await page.getByRole('heading', { name: 'Check your mail' }).waitFor()
    const token = await mailedToken(house, email)
    await page.goto(`/verify?token=${encodeURIComponent(token)}`)
    await page.getByRole('button', { name: 'Join' }).click()
    await page.getByRole('heading', { name: 'Library' }).waitFor()
    assert.ok(!page.url().includes('token='), 'the token does not stay in the address')
    assert.deepEqual(troubles, [])
  })

  it('is told plainly when the password is wrong, and keeps the address', async () => {
    await using visited = await visit(house, acme)
    const { page } = visited
    await page.goto('/sign-in')
    await page.getByLabel('E-mail').fill(acme.owner.email)
    await page.getByLabel('Password', { exact: true }).fill('not the password at all')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('E-mail or password is wrong.').waitFor()
    assert.equal(await page.getByLabel('E-mail').inputValue(), acme.owner.email)
  })

  it('of another region is shown the right door', async () => {
    const [, globex] = house.tenants
    await using visited = await visit(house, acme)
    const { page } = visited
    await page.goto('/sign-in')
    await page.getByLabel('E-mail').fill(globex.owner.email)
    await page.getByLabel('Password', { exact: true }).fill(globex.owner.password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    const door = page.getByRole('link', { name: /Continue at/ })
    await door.waitFor()
    assert.equal(new URL((await door.getAttribute('href')) ?? '').origin, globex.url)
  })

  it('adds a document, captures a snip from its text, finds it again and is led back', async () => {
    await using visited = await visit(house, acme)
    const { page, troubles } = visited
    await page.goto('/sign-in')
    await page.getByLabel('E-mail').fill(acme.owner.email)
    await page.getByLabel('Password', { exact: true }).fill(acme.owner.password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { name: 'Library' }).waitFor()
    const chooser = page.waitForEvent('filechooser')
    await page.getByRole('button', { name: 'Add documents' }).click()
    await (await chooser).setFiles({
      name: 'loop-valve.pdf',
      mimeType: 'application/pdf',
      buffer: onePagePdf(SENTENCE),
    })
    await page
      .getByRole('link', { name: /Open.*loop-valve/ })
      .or(page.getByRole('button', { name: /Open.*loop-valve/ }))
      .first()
      .click()
    const text = page.locator('.textLayer span', { hasText: 'valve' }).first()
    await text.waitFor({ timeout: 30_000 })
    await picture(page, 'journey-reader')
    await text.selectText()
    await page.getByRole('button', { name: 'Capture', exact: true }).first().click()
    await page.getByLabel('Insight').fill('Nobody needs to run when the pressure falls')
    await page.getByRole('button', { name: 'Capture', exact: true }).last().click()
    await page.getByText('Nobody needs to run').first().waitFor()
    await picture(page, 'journey-captured')
    await page.goto('/knowledge/snips')
    await page.getByText('Nobody needs to run').first().waitFor()
    await page.goto(`/search?q=${encodeURIComponent('pressure falls')}`)
    await page.locator('main li').filter({ hasText: 'Nobody needs to run' }).getByRole('link').first().click()
    await page.waitForURL(/\/knowledge\/documents\/doc_.*snip=snp_/)
    await page.locator('.textLayer span', { hasText: 'valve' }).first().waitFor()
    await picture(page, 'journey-led-back')
    assert.deepEqual(troubles, [])
  })

  it('proves an event of the log in the browser', async () => {
    expectStatus(await house.ask(`${acme.url}/v1/me`, { apiKey: acme.apiKey }), 200)
    await using visited = await visit(house, acme, { as: acme.owner })
    const { page, troubles } = visited
    await page.goto('/trust/audit?action=knowledge.document.added')
    // An event of the demo, long sealed.
    await page.getByText('document added').last().click()
    await page.getByText('The proof holds.').waitFor({ timeout: 20_000 })
    await picture(page, 'journey-proof')
    assert.deepEqual(troubles, [])
  })

  it('opens the seal of a document and learns who, when, where and by which key', async () => {
    await using visited = await visit(house, acme, { as: acme.owner })
    const { page, troubles } = visited
    await page.goto('/knowledge')
    await page.getByRole('button', { name: /seal/i }).first().click()
    const drawer = page.getByRole('dialog')
    await drawer.waitFor()
    await page.waitForLoadState('networkidle')
    await picture(page, 'journey-seal')
    assert.match((await drawer.textContent()) ?? '', /European Union|eu/)
    assert.deepEqual(troubles, [])
  })

  it('ends a session somewhere else, and that is out at its next request', async () => {
    const opened = await house.ask(`${acme.url}/v1/sessions`, {
      json: acme.owner,
      headers: { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0' },
    })
    expectStatus(opened, 201)
    await using visited = await visit(house, acme, { as: acme.owner })
    const { page } = visited
    await page.goto('/settings/sessions')
    await page
      .getByRole('button', { name: /End session of .*Firefox/ })
      .first()
      .click()
    await page.getByText('The session was ended.').waitFor()
    expectStatus(await house.ask(`${acme.url}/v1/me`, { session: opened.json.token }), 401)
  })

  it('makes an API key, sees it once, uses it and revokes it', async () => {
    await using visited = await visit(house, acme, { as: acme.owner })
    const { page } = visited
    await page.goto('/settings/api-keys')
    await page.getByRole('button', { name: 'Make a key' }).first().click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name').fill('nightly import by browser')
    await dialog.getByRole('button', { name: 'Make a key' }).click()
    await page.getByText('This is the only time the key is shown').waitFor()
    const key = /[a-z2-7]{13}\.k\.[A-Za-z0-9_-]{43}/.exec(
      (await page.content()).replaceAll('&amp;', '&'),
    )?.[0]
    assert.ok(key)
    expectStatus(await house.ask(`${acme.url}/v1/me`, { apiKey: key }), 200)
    await page.getByRole('button', { name: 'Done' }).click()
    assert.ok(!(await page.content()).includes(key))
    await page.getByRole('button', { name: 'Revoke “nightly import by browser”' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
    await page.getByText('was revoked').waitFor()
    expectStatus(await house.ask(`${acme.url}/v1/me`, { apiKey: key }), 401)
  })

  it('reaches everything with the keyboard alone', async () => {
    await using visited = await visit(house, acme, { as: acme.owner })
    const { page } = visited
    await page.goto('/knowledge')
    await page.getByRole('heading', { name: 'Library' }).waitFor()
    await page.keyboard.press('Tab')
    assert.equal(await page.evaluate('document.activeElement.textContent'), 'Skip to content')
    await page.keyboard.press('Control+k')
    await page.getByPlaceholder('Find records, people and commands').fill('audit log')
    await page.getByText('Trust: Audit log').waitFor()
    // What is found comes in while one types; the chosen one is what Enter opens.
    const chosen = page.locator('[data-selected]:visible')
    for (let step = 0; step < 12 && !(await chosen.filter({ hasText: 'Audit log' }).count()); step++)
      await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/trust\/audit/)
  })
})
