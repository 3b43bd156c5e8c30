// The API reference: made from the API document, so that what is shown is what runs.
import { escapeHtml } from '#core/mail/verification-message.ts'
import { type DocsPage, docsPage } from './docs-page.ts'
import { inline } from './errors-page.ts'

type Fields = Readonly<Record<string, unknown>>

interface Operation {
  readonly method: string
  readonly path: string
  readonly fields: Fields
}

/** Narrows the list while one types; `/` goes to the field. Nothing leaves the page. */
const SCRIPT = `const field=document.querySelector('input'),all=[...document.querySelectorAll('article')],none=document.getElementById('none');
function look(){const words=field.value.toLowerCase().split(/\\s+/).filter(Boolean);let n=0;for(const a of all){const is=words.every(w=>a.dataset.text.includes(w));a.hidden=!is;if(is)n++}for(const s of document.querySelectorAll('section'))s.hidden=!s.querySelector('article:not([hidden])');none.hidden=n>0}
field.addEventListener('input',look);addEventListener('keydown',e=>{if(e.key==='/'&&document.activeElement!==field){e.preventDefault();field.focus()}});look()`

/** Renders /docs/api from an OpenAPI document. */
export function apiPage(document: Fields): DocsPage {
  const schemas = fieldsOf(fieldsOf(document.components).schemas)
  const operations = Object.entries(fieldsOf(document.paths)).flatMap(([path, methods]) =>
    Object.entries(fieldsOf(methods)).map(
      ([method, fields]): Operation => ({ method: method.toUpperCase(), path, fields: fieldsOf(fields) }),
    ),
  )
  const groups = Map.groupBy(operations, ({ path }) => path.split('/')[2] ?? '')
  const sections = [...groups].map(
    ([noun, of]) =>
      `<section><h2>${escapeHtml(noun)}</h2>${of.map((one) => article(one, schemas)).join('')}</section>`,
  )
  const head = `<h1>API reference</h1><p>Everything the product does is here; the web app uses nothing else. Sign in with <code>POST /v1/sessions</code>, or send <code>Authorization: API-Key …</code>. <a href="/v1/openapi.json">OpenAPI document</a> · <a href="/docs/errors">Errors</a></p><label for="search" class="quiet">Search operations, parameters and permissions</label><input id="search" type="search" autocomplete="off" placeholder="documents, search, permission …"><p id="none" class="quiet" role="status" hidden>No operation matches.</p>`
  return docsPage('API reference · Panoply', head + sections.join(''), SCRIPT)
}

function article({ method, path, fields }: Operation, schemas: Fields): string {
  const id = textOf(fields.operationId)
  const summary = textOf(fields.summary)
  const permission = textOf(fields['x-permission'])
  const parameters = arrayOf(fields.parameters)
  const body = bodyOf(fields)
  const searched = [id, method, path, summary, permission, ...parameters.map(({ name }) => textOf(name))]
  const parts = [
    `<p>${inline(summary)}</p>`,
    `<p class="quiet">Needs <code>${escapeHtml(permission)}</code></p>`,
    parameters.length > 0 ? `<h4>Parameters</h4>${list(parameters.map(parameterRow))}` : '',
    body
      ? `<h4>Body <span class="quiet">${escapeHtml(body.type)}</span></h4>${properties(body.schema, schemas)}`
      : '',
    `<h4>Answers</h4>${list(answers(fields, schemas))}`,
    `<h4>Example</h4><pre tabindex="0"><code>${escapeHtml(curl({ method, path, fields }, body, schemas))}</code></pre>`,
  ]
  return `<article id="${escapeHtml(id)}" data-text="${escapeHtml(searched.join(' ').toLowerCase())}"><details><summary><h3><code>${method} ${escapeHtml(path)}</code></h3> <a href="#${escapeHtml(id)}" aria-label="Link to ${escapeHtml(id)}">#</a> <span class="quiet">${inline(summary)}</span></summary>${parts.join('')}</details></article>`
}

function parameterRow(parameter: Fields): readonly [string, string] {
  const need = parameter.required === true ? 'needed' : 'may be left out'
  return [
    textOf(parameter.name),
    `${describe(fieldsOf(parameter.schema))} <span class="quiet">in ${escapeHtml(textOf(parameter.in))}, ${need}</span>`,
  ]
}

function properties(schema: Fields, schemas: Fields): string {
  const shape = resolved(schema, schemas)
  const needed = Array.isArray(shape.required) ? shape.required : []
  const rows = Object.entries(fieldsOf(shape.properties)).map(([name, of]): readonly [string, string] => [
    name,
    `${describe(resolved(fieldsOf(of), schemas))} <span class="quiet">${needed.includes(name) ? 'needed' : 'may be left out'}</span>`,
  ])
  return rows.length > 0 ? list(rows) : `<p class="quiet">${describe(shape)}</p>`
}

function answers(fields: Fields, schemas: Fields): (readonly [string, string])[] {
  return Object.entries(fieldsOf(fields.responses)).map(([status, answer]) => {
    const [type, content] = Object.entries(fieldsOf(fieldsOf(answer).content))[0] ?? ['', {}]
    const schema = fieldsOf(fieldsOf(content).schema)
    const names = Object.keys(fieldsOf(resolved(schema, schemas).properties))
    const shown =
      names.length > 0 ? ` with ${names.map((name) => `<code>${escapeHtml(name)}</code>`).join(', ')}` : ''
    return [
      status,
      `${inline(textOf(fieldsOf(answer).description))} <span class="quiet">${escapeHtml(type)}</span>${shown}`,
    ]
  })
}

function curl({ method, path, fields }: Operation, body: Body | undefined, schemas: Fields): string {
  const needed = arrayOf(fields.parameters).filter((one) => one.in === 'query' && one.required === true)
  const query = needed.map(({ name }) => `${textOf(name)}=…`).join('&')
  const lines = [
    `curl --cacert ca.crt ${method === 'GET' ? '' : `-X ${method} `}"$PANOPLY${path}${query ? `?${query}` : ''}"`,
  ]
  if (fields['x-permission'] !== 'public') lines.push(`  -H "Authorization: API-Key $KEY"`)
  const isTus = arrayOf(fields.parameters).some(({ name }) => name === 'tus-resumable')
  if (isTus) lines.push('  -H "Tus-Resumable: 1.0.0"')
  if (body?.type === 'multipart/form-data') lines.push('  -F file=@document.pdf')
  else if (body?.type === 'application/offset+octet-stream')
    lines.push(
      '  -H "Upload-Offset: 0"',
      `  -H "Content-Type: ${body.type}"`,
      '  --data-binary @document.pdf',
    )
  else if (body) {
    const sample = JSON.stringify(sampleOf(body.schema, schemas, 0)).replaceAll("'", "'\\''")
    lines.push('  -H "Content-Type: application/json"', `  -d '${sample}'`)
  }
  return lines.join(' \\\n')
}

interface Body {
  readonly type: string
  readonly schema: Fields
}

function bodyOf(fields: Fields): Body | undefined {
  const [found] = Object.entries(fieldsOf(fieldsOf(fields.requestBody).content))
  return found ? { type: found[0], schema: fieldsOf(fieldsOf(found[1]).schema) } : undefined
}

/** A value of the shape, with what is needed and nothing else. */
function sampleOf(schema: Fields, schemas: Fields, depth: number): unknown {
  const shape = resolved(schema, schemas)
  if (shape.const !== undefined) return shape.const
  const [first] = arrayOf(shape.anyOf)
  if (first) return sampleOf(first, schemas, depth)
  if (shape.type === 'integer' || shape.type === 'number') return shape.minimum ?? 1
  if (shape.type === 'boolean') return true
  if (shape.type === 'array') return depth > 4 ? [] : [sampleOf(fieldsOf(shape.items), schemas, depth + 1)]
  if (shape.type !== 'object') return '…'
  const needed = Array.isArray(shape.required) ? shape.required : []
  const entries = Object.entries(fieldsOf(shape.properties)).filter(([name]) => needed.includes(name))
  return Object.fromEntries(entries.map(([name, of]) => [name, sampleOf(fieldsOf(of), schemas, depth + 1)]))
}

/** The form of a value in a few words. */
function describe(schema: Fields): string {
  const options = arrayOf(schema.anyOf).map((one) =>
    one.const === undefined ? describe(one) : escapeHtml(JSON.stringify(one.const)),
  )
  if (options.length > 0) return options.join(' or ')
  const bounds = [
    ['from', schema.minimum ?? schema.minLength],
    ['to', schema.maximum ?? schema.maxLength],
  ].flatMap(([word, value]) => (value === undefined ? [] : [`${String(word)} ${String(value)}`]))
  const reference = textOf(schema.$ref).split('/').at(-1) ?? ''
  const name =
    textOf(schema.type) || reference || (schema.const === undefined ? 'value' : JSON.stringify(schema.const))
  const words = [name, textOf(schema.format), ...bounds].filter(Boolean).map(escapeHtml).join(' ')
  return schema.description === undefined ? words : `${words}. ${inline(textOf(schema.description))}`
}

function resolved(schema: Fields, schemas: Fields): Fields {
  const name = textOf(schema.$ref).split('/').at(-1) ?? ''
  return name in schemas ? fieldsOf(schemas[name]) : schema
}

function list(rows: readonly (readonly [string, string])[]): string {
  return `<dl>${rows.map(([name, html]) => `<dt>${escapeHtml(name)}</dt><dd>${html}</dd>`).join('')}</dl>`
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : {}
}

function arrayOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : []
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
