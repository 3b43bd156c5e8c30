import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import { ERROR_CODES } from '#core/errors.ts'
import { buildOpenApi } from '../openapi.ts'
import { allRoutes } from '../route-table.ts'
import { apiPage } from './api-page.ts'
import { docsRoutes } from './docs-routes.ts'
import { errorsPage } from './errors-page.ts'

test('every error has its place on the page that the type of a problem links to', () => {
  const { html } = errorsPage()
  for (const [code, { title }] of Object.entries(ERROR_CODES)) {
    assert.equal(html.split(`id="${code}"`).length, 2, code)
    assert.ok(html.includes(title.replaceAll("'", '&#39;')), title)
  }
})

test('the reference shows every operation once, with its permission and an example', () => {
  const { html } = apiPage(buildOpenApi())
  for (const { operationId, method, url, permission } of allRoutes()) {
    const article = new RegExp(`<article id="${operationId}".*?</article>`, 'gs')
    const found = html.match(article) ?? []
    assert.equal(found.length, 1, operationId)
    assert.ok(found[0]?.includes(`${method} ${url.replace(/:(\w+)/g, '{$1}')}`), operationId)
    assert.ok(found[0]?.includes(`<code>${permission}</code>`), operationId)
    assert.match(found[0] ?? '', /<pre tabindex="0"><code>curl /)
  }
  assert.equal(html.split('<article ').length - 1, allRoutes().length)
})

test('the pages fetch nothing and run under a policy that names their one style and one script', () => {
  for (const { html, policy } of [apiPage(buildOpenApi()), errorsPage()]) {
    assert.doesNotMatch(html, /\s(src|srcset)=|@import|url\(|\son\w+=|\sstyle=|https?:/)
    assert.match(policy, /^default-src 'none'; /)
    assert.doesNotMatch(policy, /unsafe|\*/)
    for (const [tag, directive] of [
      ['style', 'style-src'],
      ['script', 'script-src'],
    ] as const) {
      const pieces = html.match(new RegExp(`<${tag}>(.*?)</${tag}>`, 's')) ?? []
      const allowed = pieces[1] === undefined ? "'none'" : `'sha256-${hash('sha256', pieces[1], 'base64')}'`
      assert.ok(policy.includes(`${directive} ${allowed};`), `${tag} ${policy}`)
    }
  }
})

test('what is shown is escaped', () => {
  const hostile = '<script>alert(1)</script>'
  const { html } = apiPage({
    paths: {
      [`/v1/${hostile}`]: {
        get: {
          operationId: hostile,
          summary: hostile,
          parameters: [{ name: hostile, in: 'query', schema: { description: hostile } }],
        },
      },
    },
  })
  assert.ok(!html.includes(hostile))
})

test('the pages are no part of the API they describe', () => {
  const described = new Set(allRoutes().map(({ url }) => url))
  for (const { url, permission } of docsRoutes()) {
    assert.ok(!described.has(url), url)
    assert.equal(permission, 'public')
  }
})
