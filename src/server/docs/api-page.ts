// The API reference: made from the API document, so that what is shown is what runs.
import { escapeHtml } from '#core/mail/account-messages.ts'
import { API_SCRIPT } from './api-script.ts'
import { describe, fieldRows, inline, list, type Row } from './describe-schema.ts'
import { GUIDES } from './docs-list.ts'
import { type DocsPage, docsPage } from './docs-page.ts'
import { exampleRequest } from './example-request.ts'
import { arrayOf, bodiesOf, type Fields, fieldsOf, type Operation, resolved, textOf } from './fields.ts'

/** Every operation of an OpenAPI document. */
export function operationsOf(document: Fields): readonly Operation[] {
  return Object.entries(fieldsOf(document.paths)).flatMap(([path, methods]) =>
    Object.entries(fieldsOf(methods)).map(([method, fields]) => ({
      method: method.toUpperCase(),
      path,
      fields: fieldsOf(fields),
    })),
  )
}

/** What an operation is about: the first part of its path that is no version. */
function nounOf({ path }: Operation): string {
  return path.replace(/^\/(v1\/)?/, '').split('/')[0] ?? ''
}

/** Renders /docs/api from an OpenAPI document. */
export function apiPage(document: Fields): DocsPage {
  const schemas = fieldsOf(fieldsOf(document.components).schemas)
  const groups = [...Map.groupBy(operationsOf(document), nounOf)].sort(([a], [b]) => (a < b ? -1 : 1))
  const sections = groups.map(([noun, of]) => section(noun, of, schemas))
  const nouns = [...groups.map(([noun]) => noun), 'shapes'].map(
    (noun) => `<li><a href="#of-${escapeHtml(noun)}">${escapeHtml(noun)}</a></li>`,
  )
  const body = `<div class="sides"><nav aria-label="Operations by noun"><ul>${nouns.join('')}</ul></nav><div>${HEAD}${sections.join('')}${shapes(schemas)}</div></div>`
  return docsPage('API reference', body, API_SCRIPT)
}

const HEAD = `<h1>API reference</h1>
<p>Everything the product does is here; the web app uses nothing else. <a href="/v1/openapi.json">OpenAPI document</a></p>
<h2 id="begin">Begin</h2>
<p>Make a key under Settings, API keys. Send it with each request, as below, or sign requests with its secret, which then never travels: <a href="/docs/signing">Signing requests</a>. People sign in with <a href="#openSession"><code>POST /v1/sessions</code></a> and send <code>Authorization: Bearer</code> and the token; a few operations are theirs alone, and their examples show <code>$TOKEN</code>.</p>
<pre tabindex="0"><code>URL=<span id="origin">https://localhost:8443</span>
CA=ca.crt   # tls/ca.crt in the home of the installation; without --cacert where the certificate is a public one
KEY=…       # shown once, when it is made
curl -sS --cacert "$CA" "$URL/v1/me" -H "Authorization: API-Key $KEY"</code></pre>
<ul><li>Bodies and answers are JSON unless said. A field that is not listed is refused.</li><li>A list answers <code>items</code>, and in <code>next</code> what to send as <code>cursor</code> for the items after them; null at the end.</li><li>Any status from 400 on answers a <a href="#shape-Problem">problem</a>, whose <code>code</code> says what to do: <a href="/docs/errors">Errors</a>.</li><li>429 and 503 say in <code>Retry-After</code> how many seconds to wait.</li></ul>
<label for="search">Search operations, fields and permissions</label><input id="search" type="search" autocomplete="off" placeholder="documents, search, permission …"><p id="none" class="quiet" role="status" hidden>Nothing matches.</p>`

function section(noun: string, operations: readonly Operation[], schemas: Fields): string {
  const guide = GUIDES.find((one) => one.noun === noun)
  const more = guide ? `<p class="quiet">More in <a href="/docs/${guide.name}">${guide.title}</a>.</p>` : ''
  const articles = operations.map((one) => article(one, schemas)).join('')
  return `<section><h2 id="of-${escapeHtml(noun)}">${escapeHtml(noun)}</h2>${more}${articles}</section>`
}

function article(operation: Operation, schemas: Fields): string {
  const { method, path, fields } = operation
  const id = escapeHtml(textOf(fields.operationId))
  const summary = textOf(fields.summary)
  const permission = textOf(fields['x-permission'])
  const parameters = arrayOf(fields.parameters).map(parameterRow)
  const bodies = bodiesOf(operation).map(({ type, schema }): readonly [string, readonly Row[], string] => [
    type,
    fieldRows(schema, schemas, 'sent'),
    describe(resolved(schema, schemas)),
  ])
  const found = [id, method, path, summary, permission, ...parameters.map(([name]) => name)]
  const words = [...found, ...bodies.flatMap(([, rows]) => rows.map(([name]) => name))]
  const parts = [
    `<p class="quiet"><a href="#${id}">${id}</a> · ${needs(permission)}</p>`,
    parameters.length > 0 ? `<h4>Parameters</h4>${list(parameters)}` : '',
    ...bodies.map(([type, rows, otherwise], index) => {
      const title = `${index === 0 ? 'Body' : 'or'} <span class="quiet">${escapeHtml(type)}</span>`
      return `<h4>${title}</h4>${rows.length > 0 ? list(rows) : `<p>${otherwise}</p>`}`
    }),
    ...answers(fields, schemas),
    `<h4>Example</h4><pre tabindex="0"><code>${escapeHtml(exampleRequest(operation, schemas))}</code></pre>`,
  ]
  return `<article id="${id}" data-text="${escapeHtml(words.join(' ').toLowerCase())}"><details><summary><h3><code>${method} ${escapeHtml(path)}</code></h3> <span class="quiet">${inline(summary)}</span></summary>${parts.join('')}</details></article>`
}

function needs(permission: string): string {
  if (permission === 'public') return 'needs no account (<code>public</code>)'
  if (permission === 'session') return 'for everybody who is signed in, and every key (<code>session</code>)'
  return `needs <code>${escapeHtml(permission)}</code>`
}

function parameterRow(parameter: Fields): Row {
  const need = parameter.required === true ? 'needed' : 'optional'
  const place = parameter.in === 'header' ? 'header field, ' : ''
  return [
    textOf(parameter.name),
    `${describe(fieldsOf(parameter.schema))} <span class="quiet">${place}${need}</span>`,
  ]
}

/** What each status of success answers, those that answer the same together; refusals are all alike and stand at the top of the page. */
function answers(fields: Fields, schemas: Fields): string[] {
  const statuses = Object.entries(fieldsOf(fields.responses)).filter(([status]) => /^\d+$/.test(status))
  const shown = statuses.map(([status, answer]) => {
    const [type, content] = Object.entries(fieldsOf(fieldsOf(answer).content))[0] ?? ['', {}]
    return { status, type, html: answerOf(type, fieldsOf(fieldsOf(content).schema), schemas) }
  })
  return [...Map.groupBy(shown, ({ html }) => html)].map(([html, same]) => {
    const of = same.map(({ status }) => status).join(', ')
    return `<h4>Answer ${escapeHtml(of)} <span class="quiet">${escapeHtml(same[0]?.type ?? '')}</span></h4>${html}`
  })
}

function answerOf(type: string, schema: Fields, schemas: Fields): string {
  if (type === '') return '<p class="quiet">Nothing but the status.</p>'
  const rows = schema.$ref === undefined ? fieldRows(schema, schemas, 'answered') : []
  return rows.length > 0 ? list(rows) : `<p>${describe(schema)}</p>`
}

/** The named shapes, to which the operations link. */
function shapes(schemas: Fields): string {
  const articles = Object.entries(schemas).map(([name, of]) => {
    const schema = fieldsOf(of)
    const rows = fieldRows(schema, schemas, 'answered')
    const words = [name, ...rows.map(([field]) => field)].join(' ').toLowerCase()
    const text = textOf(schema.description)
    return `<article id="shape-${escapeHtml(name)}" data-text="${escapeHtml(words)}"><details><summary><h3><code>${escapeHtml(name)}</code></h3> <span class="quiet">${inline(text)}</span></summary>${rows.length > 0 ? list(rows) : `<p>${describe(schema)}</p>`}</details></article>`
  })
  return `<section><h2 id="of-shapes">Shapes</h2>${articles.join('')}</section>`
}
