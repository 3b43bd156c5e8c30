import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { type DemoTenant, type Installation, theInstallation } from '../installation.ts'
import { aMember, expectStatus, mailedToken } from '../people.ts'
import { violations } from './axe.ts'
import { noBrowser, picture, visit } from './browser.ts'

const FIRST = 'nine lanterns over tepid water'
const SECOND = 'an otter rehearses the tuba'

describe('somebody with a password', { skip: noBrowser }, () => {
  let house: Installation
  let acme: DemoTenant
  before(async () => {
    house = await theInstallation()
    acme = house.tenants[0]
  })

  for (const width of [1440, 360])
    it(`who has forgotten it at ${width} asks for a link, is told why a weak one is refused, and comes in with another`, async () => {
      const { email } = await aMember(house, acme, `forgetful-${width}`)
      await using visited = await visit(house, acme, { width })
      const { page, troubles } = visited
      await page.goto('/sign-in')
      await page.getByLabel('E-mail').fill(email)
      await page.getByRole('link', { name: 'Forgot your password?' }).click()
      await page.getByRole('heading', { name: 'Choose another password' }).waitFor()
      assert.equal(await page.getByLabel('E-mail').inputValue(), email, 'the address came along')
      await page.getByRole('button', { name: 'Send the link' }).click()
      await page.getByRole('heading', { name: 'Check your mail' }).waitFor()
      const token = await mailedToken(house, email)
      await page.goto(`/reset-password?token=${encodeURIComponent(token)}`)
      await page.getByLabel('New password').fill('Password1234!')
      troubles.length = 0
      await page.getByRole('button', { name: 'Save and sign in' }).click()
      await page.getByText('A program would find it in a short time.', { exact: false }).waitFor()
      await picture(page, `reset-password-${width}-light`)
      await page.emulateMedia({ colorScheme: 'dark' })
      await page.locator('html[data-mantine-color-scheme="dark"]').waitFor()
      await picture(page, `reset-password-${width}-dark`)
      assert.deepEqual(await violations(page), [])
      await page.getByLabel('New password').fill(FIRST)
      await page.getByRole('button', { name: 'Save and sign in' }).click()
      await page.getByRole('heading', { name: 'Library' }).waitFor()
      assert.ok(!page.url().includes('token='), 'the token does not stay in the address')
      // The browser notes the answer that refused the weak one.
      assert.equal(
        troubles.filter((trouble) => !/status of 422/.test(trouble)).length,
        0,
        troubles.join('; '),
      )
      await page.goto(`/reset-password?token=${encodeURIComponent(token)}`)
      await page.getByText('It was used already', { exact: false }).waitFor()
    })

  it('changes it in the settings and stays signed in there, and nowhere else', async () => {
    const member = await aMember(house, acme, 'careful')
    const { email, password } = member
    await using visited = await visit(house, acme, { as: { email, password } })
    const { page } = visited
    await page.goto('/settings/password')
    await page.getByLabel('Current password').fill('not this one at all')
    await page.getByLabel('New password').fill(SECOND)
    await page.getByRole('button', { name: 'Change the password' }).click()
    await page.getByText('That is not your current password.').waitFor()
    await page.getByLabel('Current password').fill(member.password)
    await page.getByRole('button', { name: 'Change the password' }).click()
    await page.getByText('The password was changed. Other sessions have ended.').waitFor()
    assert.equal(await page.getByLabel('Current password').inputValue(), '')
    expectStatus(await house.ask(`${acme.url}/v1/me`, { session: member.session }), 401)
    const again = { email: member.email, password: SECOND }
    expectStatus(await house.ask(`${acme.url}/v1/sessions`, { json: again }), 201)
  })
})
