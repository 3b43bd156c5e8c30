import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ERROR_CODES } from '#core/errors.ts'
import { jsonBodyOf } from '#core/route.ts'
import { buildOpenApi } from '../openapi.ts'
import { allRoutes } from '../route-table.ts'
import { validatorCompiler } from '../validation.ts'
import { apiPage } from './api-page.ts'
import { DOCS, GUIDES } from './docs-list.ts'
import { docsRoutes } from './docs-routes.ts'
import { errorsPage } from './errors-page.ts'
import { fieldsOf } from './fields.ts'
import { guidePage } from './guide-page.ts'

const pages = () => [apiPage(buildOpenApi()), errorsPage(), ...GUIDES.map(guidePage)]

const articleOf = (html: string, id: string) => {
  const found = html.match(new RegExp(`<article id="${id}".*?</article>`, 'gs')) ?? []
  assert.equal(found.length, 1, id)
  return found[0] ?? ''
}
/** The example of an operation, as a shell gets it. */
const exampleIn = (article: string) =>
  (/<pre tabindex="0"><code>(curl [\s\S]*?)<\/code>/.exec(article)?.[1] ?? '').replace(
    /&#(\d+);/g,
    (_, code) => String.fromCharCode(Number(code)),
  )

test('every error has its place on the page that the type of a problem links to', () => {
  const { html } = errorsPage()
  for (const [code, { title }] of Object.entries(ERROR_CODES)) {
    assert.equal(html.split(`id="${code}"`).length, 2, code)
    assert.ok(html.includes(title.replaceAll("'", '&#39;')), title)
  }
})

test('the reference shows every operation once, with its permission and an example, and every shape', () => {
  const document = buildOpenApi()
  const { html } = apiPage(document)
  for (const { operationId, method, url, permission } of allRoutes()) {
    const article = articleOf(html, operationId)
    assert.ok(article.includes(`${method} ${url.replace(/:(\w+)/g, '{$1}')}`), operationId)
    assert.ok(article.includes(`<code>${permission}</code>`), operationId)
    assert.match(exampleIn(article), /^curl /, operationId)
  }
  const shapes = Object.keys(fieldsOf(fieldsOf(document.components).schemas))
  for (const name of shapes) articleOf(html, `shape-${name}`)
  assert.equal(html.split('<article ').length - 1, allRoutes().length + shapes.length)
})

test('every example is one that the operation takes', () => {
  const { html } = apiPage(buildOpenApi())
  let bodies = 0
  for (const route of allRoutes()) {
    const { operationId, method, url, schema, streaming } = route
    const example = exampleIn(articleOf(html, operationId))
    // A brace is a pattern to curl, and dots stand for what nobody can send.
    assert.doesNotMatch(example.split(' -d ')[0] ?? '', /[{}]|…|%E2%80%A6/, operationId)
    const [, path = '', query = ''] = /"\$URL([^?"]*)\??([^"]*)"/.exec(example) ?? []
    assert.match(path, new RegExp(`^${url.replace(/:\w+/g, '\\$[A-Z]+')}$`), operationId)
    if (method !== 'GET') assert.ok(example.includes(`-X ${method} `), operationId)
    if (schema.querystring) {
      const asked = Object.fromEntries(new URLSearchParams(query))
      const isTaken = validatorCompiler({ schema: schema.querystring, httpPart: 'querystring' })
      assert.ok(isTaken(asked), `${operationId} ?${query}`)
    }
    const shape = jsonBodyOf(route)
    if (!shape || streaming) continue
    const sent = /-d '(.*)'$/s.exec(example)?.[1] ?? ''
    assert.doesNotMatch(sent, /…/, operationId)
    const isTaken = validatorCompiler({ schema: shape, httpPart: 'body' })
    assert.ok(isTaken(JSON.parse(sent.replaceAll("'\\''", "'"))), `${operationId} ${sent}`)
    bodies++
  }
  assert.ok(bodies > 10)
})

test('what stands inside a field is shown by its whole name, and a named shape links to its place', () => {
  const { html } = apiPage(buildOpenApi())
  const capture = articleOf(html, 'captureSnip')
  assert.ok(
    capture.includes('<dt>quote.exact</dt><dd>string of 1 to 20000 characters <span class="quiet">needed'),
  )
  assert.ok(capture.includes('<dt>rects[].width</dt>'))
  assert.ok(capture.includes('<a href="#shape-Snip">Snip</a>'))
  assert.match(articleOf(html, 'listDocuments'), /<dt>items<\/dt><dd>array of <a href="#shape-Document">/)
  assert.ok(articleOf(html, 'addDocument').includes('or <span class="quiet">application/json</span>'))
})

test('every link leads somewhere, and no two places have one name', () => {
  const served = new Set(docsRoutes().map(({ url }) => url))
  for (const { to } of DOCS) assert.ok(served.has(to), to)
  for (const { html } of pages()) {
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
    assert.equal(new Set(ids).size, ids.length)
    for (const [, to = ''] of html.matchAll(/ href="([^"]+)"/g)) {
      if (to.startsWith('#')) assert.ok(ids.includes(to.slice(1)), to)
      else assert.ok(to === '/' || served.has(to) || to.startsWith('https://'), to)
    }
  }
})

test('a guide says what its file says: no mark is left over and no example is changed', () => {
  for (const guide of GUIDES) {
    const { html } = guidePage(guide)
    const text = readFileSync(join(import.meta.dirname, `../../../docs/${guide.name}.md`), 'utf8')
    const shown = [...html.matchAll(/<pre tabindex="0"><code>([\s\S]*?)<\/code><\/pre>/g)].map(
      ([, code = '']) => code.replace(/&#(\d+);/g, (_, letter) => String.fromCharCode(Number(letter))),
    )
    const written = [...text.matchAll(/```\w+\n([\s\S]*?)```/g)].map(([, code = '']) => code.trimEnd())
    assert.deepEqual(shown, written, guide.name)
    const prose = html.replace(/<(style|pre)\b[\s\S]*?<\/\1>|<code>.*?<\/code>/g, '')
    assert.doesNotMatch(prose, /```|\*\*|\]\(|^#|\|-/m, guide.name)
    assert.equal(html.split('<tr>').length - 1, text.match(/^\|(?!-)/gm)?.length ?? 0, guide.name)
    assert.equal(html.split('<li>').length - 1, text.match(/^- /gm)?.length ?? 0, guide.name)
  }
})

test('the pages fetch nothing and run under a policy that names their one style and one script', () => {
  for (const { html, policy } of pages()) {
    assert.doesNotMatch(html, /\s(src|srcset)=|@import|url\(|\son\w+=|\sstyle=|<(?!a )[^>]*https?:/)
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
    components: {
      schemas: { [hostile]: { description: hostile, properties: { [hostile]: { type: hostile } } } },
    },
    paths: {
      [`/v1/${hostile}`]: {
        get: {
          operationId: hostile,
          summary: hostile,
          parameters: [{ name: hostile, in: 'query', schema: { description: hostile, const: hostile } }],
          requestBody: {
            content: { [hostile]: { schema: { properties: { [hostile]: { format: hostile } } } } },
          },
          responses: { 200: { content: { [hostile]: { schema: { $ref: hostile } } } } },
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
