import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { fileForm } from '../ask.ts'
import { drained } from '../drained.ts'
import { type DemoTenant, type Installation, theInstallation } from '../installation.ts'
import { onePagePdf } from '../one-page-pdf.ts'
import { expectStatus, mailedToken } from '../people.ts'
import { noBrowser, picture, visit } from './browser.ts'

/** The last line of one page and the first of the next. */
const RUNNING = ['The inspector closes the upper valve', 'before the lower valve is opened again']
const SENTENCE = 'The valve of the second loop closes by itself'

/** From the middle of the first page's line to the middle of the second's, as a hand drags it. */
const SELECT_OVER_TWO_PAGES = `(() => {
  const textOf = (page, words) => {
    const spans = [...document.querySelectorAll('[data-page="' + page + '"] .textLayer span')]
    return spans.find((span) => span.firstChild?.nodeType === 3 && span.textContent.includes(words)).firstChild
  }
  const [first, second] = [textOf(1, 'upper valve'), textOf(2, 'lower valve')]
  const range = document.createRange()
  range.setStart(first, first.data.indexOf('upper valve'))
  range.setEnd(second, second.data.indexOf('lower valve') + 'lower valve'.length)
  getSelection().removeAllRanges()
  getSelection().addRange(range)
})()`

/** Adds a document and waits until it was read. */
async function readable(
  house: Installation,
  tenant: DemoTenant,
  bytes: Uint8Array,
  name: string,
): Promise<string> {
  const added = await house.ask(`${tenant.url}/v1/documents`, {
    apiKey: tenant.apiKey,
    body: fileForm(name, bytes, 'application/pdf'),
  })
  expectStatus(added, 201)
  await drained(house, tenant)
  return added.json.id
}

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
    await page.getByRole('combobox', { name: 'Country of your organisation' }).fill('Sweden')
    await page.getByRole('option', { name: 'Sweden' }).click()
    await page.getByRole('button', { name: 'Create account' }).click()
    await page.getByRole('heading', { name: 'Check your mail' }).waitFor()
    const token = await mailedToken(house, email)
    await page.goto(`/verify?token=${encodeURIComponent(token)}`)
    await page.getByLabel('Password', { exact: true }).fill('seven quiet meadows in may')
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

  it('founds an organisation, chooses the password behind the link, and decides what may be stored', async () => {
    await using visited = await visit(house, acme)
    const { page, troubles } = visited
    const email = 'founder@by-browser.example'
    const account = { email, displayName: 'F. Ounder', country: 'SE' }
    expectStatus(await house.ask(`${acme.url}/v1/accounts`, { json: account }), 202)
    await page.goto(`/verify?token=${encodeURIComponent(await mailedToken(house, email))}`)
    await page.getByLabel('Your name').fill('Freja Ounder')
    await page.getByLabel('Password', { exact: true }).fill('seven quiet meadows in may')
    await page.getByLabel('Name of the organisation').fill('By Browser')
    assert.equal(await page.getByRole('radio', { checked: true }).count(), 0, 'nothing is chosen for anybody')
    await page.getByRole('button', { name: 'Found organisation' }).click()
    assert.equal(new URL(page.url()).pathname, '/verify', 'and it must be decided')
    const choices = page.getByRole('radiogroup')
    for (const [at, choice] of ['Accept', 'Accept', 'Decline'].entries())
      await choices.nth(at).getByLabel(choice).check()
    await picture(page, 'journey-founding')
    await page.getByRole('button', { name: 'Found organisation' }).click()
    await page.getByRole('heading', { name: 'Library' }).waitFor()
    const session = await house.ask(`${acme.url}/v1/sessions`, {
      json: { email, password: 'seven quiet meadows in may' },
    })
    expectStatus(session, 201)
    const found = await house.ask(`${acme.url}/v1/organisation`, { session: session.json.token })
    assert.deepEqual(found.json.storage, { knowledge: true, agreements: true, fleet: false })
    assert.deepEqual(troubles, [])
  })

  it('is told by title and heading that a document is not there', async () => {
    await using visited = await visit(house, acme, { as: acme.owner })
    const { page } = visited
    await page.goto('/knowledge/documents/doc_00000000000000000000000000')
    await page.getByRole('heading', { name: 'This document cannot be opened', level: 1 }).waitFor()
    assert.match(await page.title(), /^This document cannot be opened/)
  })

  it('of another region is shown the doors of the others, whoever asks', async () => {
    const [, globex] = house.tenants
    await using visited = await visit(house, acme)
    const { page } = visited
    await page.goto('/sign-in')
    await page.getByLabel('E-mail').fill(globex.owner.email)
    await page.getByLabel('Password', { exact: true }).fill(globex.owner.password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('E-mail or password is wrong.').waitFor()
    const door = page.getByRole('link', { name: /Sign in to .*United States|Sign in to .*us/ })
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

  it('captures a passage over two pages, sees it marked on both, and finds it again by the code of its printed seal', async () => {
    const documentId = await readable(house, acme, onePagePdf(...RUNNING), 'running-over.pdf')
    await using visited = await visit(house, acme, { as: acme.owner })
    const { page, troubles } = visited
    await page.goto(`/knowledge/documents/${documentId}`)
    for (const [at, line] of RUNNING.entries())
      await page
        .locator(`[data-page="${at + 1}"] .textLayer span`, { hasText: line })
        .waitFor({ timeout: 30_000 })
    await page.evaluate(SELECT_OVER_TWO_PAGES)
    await page.getByRole('button', { name: 'Capture', exact: true }).first().click()
    await page.getByText('pages 1 to 2').first().waitFor()
    await page.getByLabel('Insight').fill('One valve after the other')
    await page.getByRole('button', { name: 'Capture', exact: true }).last().click()
    await page.getByRole('heading', { name: 'One valve after the other' }).waitFor()
    for (const at of [1, 2])
      await page
        .locator(`[data-page="${at}"]`)
        .getByRole('button', { name: /^Snip: One valve/ })
        .waitFor()
    const { json } = await house.ask(`${acme.url}/v1/snips?documentId=${documentId}`, { apiKey: acme.apiKey })
    const [snip] = json.items
    assert.equal(snip.quote.exact, 'upper valve before the lower valve')
    assert.deepEqual(
      snip.continues.map((part: { page: number }) => part.page),
      [2],
    )
    // On paper: the passage, its seal with the code, and nothing of the screen.
    await page.goto(`/knowledge/documents/${documentId}?snip=${snip.id}`)
    await page.emulateMedia({ media: 'print' })
    const sheet = page.locator('body > section')
    const code = sheet.getByText(/^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$/)
    await code.waitFor()
    await picture(page, 'journey-paper')
    assert.ok((await sheet.textContent())?.includes('upper valve before the lower valve'))
    assert.equal(await page.locator('#root').isVisible(), false)
    const typed = (await code.textContent())?.toLowerCase().replace('-', ' ') ?? ''
    await page.emulateMedia({ media: 'screen' })
    await page.goto('/knowledge/snips')
    await page.getByRole('heading', { name: 'Snips', level: 1 }).waitFor()
    await page.keyboard.press('Control+k')
    await page.getByPlaceholder('Find records, people and commands').fill(typed)
    await page.getByText(/Open what the seal .* belongs to/).waitFor()
    await page.keyboard.press('Enter')
    await page.waitForURL((url) => url.searchParams.get('snip') === snip.id)
    await page.getByRole('dialog').getByText('In order').first().waitFor()
    await picture(page, 'journey-seal-code')
    assert.deepEqual(troubles, [])
  })

  it('sees all pages small and goes from one to another with the keyboard', async () => {
    const documentId = await readable(
      house,
      acme,
      onePagePdf('Page one', 'Page two', 'Page three'),
      'pages.pdf',
    )
    await using visited = await visit(house, acme, { as: acme.owner })
    const { page, troubles } = visited
    await page.goto(`/knowledge/documents/${documentId}`)
    await page.locator('.textLayer span', { hasText: 'Page one' }).waitFor({ timeout: 30_000 })
    await page.keyboard.press('t')
    const rail = page.getByRole('navigation', { name: 'Pages', exact: true })
    await rail.locator('button[aria-current="page"]', { hasText: '1' }).focus()
    await page.keyboard.press('End')
    await rail.locator('[data-thumbnail="3"]:focus').waitFor()
    await page.keyboard.press('Enter')
    await page.locator('.textLayer span', { hasText: 'Page three' }).waitFor()
    await rail.locator('[data-thumbnail="3"][aria-current="page"]').waitFor()
    // Drawn by the worker, each once.
    await rail.locator('img').nth(2).waitFor()
    await picture(page, 'journey-thumbnails')
    await page.getByRole('button', { name: 'Pages at a glance (T)' }).click()
    await rail.waitFor({ state: 'detached' })
    assert.deepEqual(troubles, [])
  })

  it('chooses on the phone what the cards of the library say', async () => {
    await using visited = await visit(house, acme, { as: acme.owner, width: 360 })
    const { page } = visited
    await page.goto('/knowledge')
    await page
      .getByText(/pages ·/)
      .first()
      .waitFor()
    await page.getByRole('button', { name: 'Columns' }).click()
    await page.getByRole('menuitemcheckbox', { name: 'Size' }).click()
    await page.getByText(/ kB/).first().waitFor()
    assert.ok(new URL(page.url()).searchParams.get('columns')?.split('.').includes('size'))
    await picture(page, 'journey-columns-phone')
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
