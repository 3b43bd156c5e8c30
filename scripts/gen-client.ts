// Writes web/app/api.gen.ts from generated/openapi.json: one type and one function per operation of our own API.
// Must stay true: the same document gives the same bytes, and nothing here knows any single operation.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeOrCheck } from './write-or-check.ts'

type Json = null | boolean | number | string | Json[] | { [name: string]: Json }
type JsonObject = { [name: string]: Json }

const root = join(import.meta.dirname, '..')
const methods = ['get', 'post', 'put', 'patch', 'delete']

function object(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
}
function list(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : []
}
function pascal(text: string): string {
  return text.replace(/(^|[^A-Za-z0-9]+)([A-Za-z0-9])/g, (_, __, letter: string) => letter.toUpperCase())
}
function propertyName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name)
}
function union(parts: string[]): string {
  const unique = [...new Set(parts)]
  return unique.length ? unique.join(' | ') : 'never'
}
function grouped(type: string): string {
  return type.includes(' | ') ? `(${type})` : type
}

function objectType(schema: JsonObject, indent: string): string {
  const required = new Set(list(schema.required))
  const lines = Object.entries(object(schema.properties)).map(([name, member]) => {
    const optional = required.has(name) ? '' : '?'
    const type = typeOf(object(member), `${indent}  `)
    const text = object(member).description
    const comment = typeof text === 'string' ? `${indent}  /** ${text.replaceAll('*/', '* /')} */\n` : ''
    return `${comment}${indent}  ${propertyName(name)}${optional}: ${type}${optional ? ' | undefined' : ''}`
  })
  const records = [...Object.values(object(schema.patternProperties)), schema.additionalProperties]
    .filter((member) => typeof member === 'object' && member !== null)
    .map((member) => typeOf(object(member), indent))
  if (lines.length === 0) return `Record<string, ${records.length ? union(records) : 'unknown'}>`
  return `{\n${lines.join('\n')}\n${indent}}`
}

/** The TypeScript type of a JSON schema (the subset TypeBox writes). */
function typeOf(schema: JsonObject, indent = ''): string {
  if (typeof schema.$ref === 'string') return pascal(schema.$ref.split('/').at(-1) ?? '')
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (Array.isArray(schema.enum)) return union(schema.enum.map((value) => JSON.stringify(value)))
  for (const word of ['anyOf', 'oneOf']) {
    if (Array.isArray(schema[word])) {
      const parts = union(list(schema[word]).map((part) => typeOf(object(part), indent)))
      return schema.nullable === true ? `${parts} | null` : parts
    }
  }
  if (Array.isArray(schema.allOf)) {
    return schema.allOf.map((part) => grouped(typeOf(object(part), indent))).join(' & ')
  }
  if (Array.isArray(schema.type)) {
    return union(schema.type.map((type) => typeOf({ ...schema, type }, indent)))
  }
  const nullable = schema.nullable === true ? ' | null' : ''
  switch (schema.type) {
    case 'string':
      return schema.format === 'binary' ? `Blob${nullable}` : `string${nullable}`
    case 'integer':
    case 'number':
      return `number${nullable}`
    case 'boolean':
      return `boolean${nullable}`
    case 'null':
      return 'null'
    case 'array':
      return `${grouped(typeOf(object(schema.items), indent))}[]${nullable}`
    case 'object':
      return `${objectType(schema, indent)}${nullable}`
    default:
      return 'unknown'
  }
}

function parametersType(parameters: JsonObject[], place: string): string | null {
  const members = parameters.filter((parameter) => parameter.in === place)
  if (members.length === 0) return null
  const properties: JsonObject = {}
  for (const member of members) properties[String(member.name)] = object(member.schema)
  const required = members.filter((member) => member.required === true).map((member) => String(member.name))
  return typeOf({ type: 'object', properties, required }, '  ')
}

function jsonSchemaOf(content: Json | undefined): JsonObject | null {
  const found = object(object(content)['application/json'])
  return Object.keys(found).length > 0 ? object(found.schema) : null
}

function answerType(operation: JsonObject): string {
  const responses = Object.entries(object(operation.responses)).filter(([status]) => status.startsWith('2'))
  const types = responses.map(([status, response]) => {
    const content = object(response).content
    const schema = jsonSchemaOf(content)
    if (schema) return typeOf(schema)
    return status === '204' || content === undefined ? 'undefined' : 'Blob'
  })
  return union(types)
}

function operationText(path: string, method: string, shared: JsonObject[], operation: JsonObject): string {
  const name = String(operation.operationId)
  const parameters = [...shared, ...list(operation.parameters).map((parameter) => object(parameter))]
  const requestContent = object(object(operation.requestBody).content)
  const body = jsonSchemaOf(requestContent)
  const isStreamed = Object.keys(requestContent).some((media) => media !== 'application/json')
  const parts: string[] = []
  const pathType = parametersType(parameters, 'path')
  const queryType = parametersType(parameters, 'query')
  if (pathType) parts.push(`  path: ${pathType}`)
  if (queryType)
    parts.push(`  query${queryType.includes(': ') && !/^ {4}\w+:/m.test(queryType) ? '?' : ''}: ${queryType}`)
  if (body) parts.push(`  body: ${typeOf(body, '  ')}`)
  const type = pascal(name)
  const answer = answerType(operation)
  const address = path.replace(/\{(\w+)\}/g, (_, key: string) => `\${encodeURIComponent(input.path.${key})}`)
  const pathText = address === path ? `'${path}'` : `\`${address}\``
  const inputNeeded = parts.some((part) => !part.startsWith('  query?'))
  const inputArgument = parts.length === 0 ? '' : `input: ${type}Input${inputNeeded ? '' : ' = {}'}`
  const summary = typeof operation.summary === 'string' ? `/** ${operation.summary} */\n` : ''
  const out: string[] = []
  if (parts.length) out.push(`export interface ${type}Input {\n${parts.join('\n')}\n}`)
  if (method === 'get' || isStreamed) {
    const query = queryType ? ', input.query' : ''
    const addressArgument = pathType || queryType ? inputArgument : ''
    out.push(
      `${summary}export function ${name}Address(${addressArgument}): string {\n  return addressOf(${pathText}${query})\n}`,
    )
  }
  if ((!isStreamed || body) && answer !== 'Blob') {
    const members = [`method: '${method.toUpperCase()}'`, `path: ${pathText}`]
    if (queryType) members.push('query: { ...input.query }')
    if (body) members.push('body: input.body')
    const separator = inputArgument ? ', ' : ''
    out.push(
      `${summary}export function ${name}(${inputArgument}${separator}signal?: AbortSignal): Promise<${type}Answer> {\n` +
        `  return call<${type}Answer>({ ${members.join(', ')}, signal })\n}`,
    )
  }
  out.push(`export type ${type}Answer = ${answer}`)
  return out.join('\n\n')
}

/** The whole client as source text. */
export function clientSource(document: JsonObject): string {
  const schemas = Object.entries(object(object(document.components).schemas)).map(
    ([name, schema]) => `export type ${pascal(name)} = ${typeOf(object(schema))}`,
  )
  const operations: string[] = []
  for (const [path, item] of Object.entries(object(document.paths))) {
    const shared = list(object(item).parameters).map((parameter) => object(parameter))
    for (const method of methods) {
      const operation = object(object(item)[method])
      if (typeof operation.operationId === 'string')
        operations.push(operationText(path, method, shared, operation))
    }
  }
  return [
    '// Generated by scripts/gen-client.ts from generated/openapi.json. Do not edit; run it again.',
    "import { type ApiRequest, addressOf, callApi } from './api-call.ts'",
    'async function call<T>(request: ApiRequest): Promise<T> {\n  return (await callApi(request)) as T\n}',
    ...schemas,
    ...operations,
    '',
  ].join('\n\n')
}

if (import.meta.main) {
  const document: Json = JSON.parse(readFileSync(join(root, 'generated/openapi.json'), 'utf8'))
  writeOrCheck('web/app/api.gen.ts', clientSource(object(document)))
}
