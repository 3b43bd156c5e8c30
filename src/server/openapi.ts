// The API document, OpenAPI 3.1, made from the route table: what is described is what runs.
import type { TSchema } from 'typebox'
import type { Route } from '#core/route.ts'
import { products } from '#src/products.ts'
import { Problem } from './problem.ts'
import { allRoutes } from './route-table.ts'

/** What no key may, whatever its maker may. */
const peopleOnly = new Set(
  products.flatMap(({ permissions }) => permissions.flatMap((one) => (one.peopleOnly ? [one.name] : []))),
)

type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

/** Builds the document. Shapes that carry an `$id` become components. */
export function buildOpenApi(): { [key: string]: Json } {
  const components = new Map<string, Json>()
  const paths: { [path: string]: { [method: string]: Json } } = {}
  for (const route of allRoutes()) {
    const path = route.url.replace(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, components) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Panoply', version: '1', license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    paths,
    components: {
      schemas: Object.fromEntries([...components].sort(([a], [b]) => (a < b ? -1 : 1))),
      securitySchemes: {
        session: { type: 'http', scheme: 'bearer', description: 'The token of a session.' },
        apiKey: { type: 'apiKey', in: 'header', name: 'Authorization', description: '`API-Key <key>`' },
        signed: {
          type: 'apiKey',
          in: 'header',
          name: 'Authorization',
          description: 'PDX-HMAC, or `Signature` and `Signature-Input` of RFC 9421: see /docs/signing.',
        },
      },
    },
  }
}

function operation(route: Route, components: Map<string, Json>): Json {
  const { schema } = route
  const responses: { [status: string]: Json } = {}
  for (const [status, shape] of Object.entries(schema.response))
    responses[status] = response(status, shape, components)
  for (const status of ['4xx', '5xx']) {
    responses[status.toUpperCase()] = {
      description: status === '4xx' ? 'Refused; `code` says why.' : 'Failed; nothing was kept half done.',
      content: { 'application/problem+json': { schema: plain(Problem, components) } },
    }
  }
  return {
    operationId: route.operationId,
    summary: route.summary,
    'x-permission': route.permission,
    security: securityOf(route.permission),
    parameters: [
      ...parameters('path', schema.params, components),
      ...parameters('query', schema.querystring, components),
      ...parameters('header', schema.headers, components),
    ],
    ...(schema.body
      ? {
          requestBody: {
            required: route.streaming !== 'application/offset+octet-stream',
            content: {
              [route.streaming ?? 'application/json']: {
                schema: plain(schema.body, components),
              },
              ...(schema.json ? { 'application/json': { schema: plain(schema.json, components) } } : {}),
            },
          },
        }
      : {}),
    responses,
  }
}

/** How somebody may show who asks; none for what everybody may. */
function securityOf(permission: Route['permission']): Json {
  if (permission === 'public') return []
  return peopleOnly.has(permission) ? [{ session: [] }] : [{ session: [] }, { apiKey: [] }, { signed: [] }]
}

function response(status: string, shape: TSchema, components: Map<string, Json>): Json {
  const json = plain(shape, components)
  const described = { description: status.startsWith('2') ? 'Done' : 'See the code' }
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) {
    if (json.type === 'null') return described
    if (typeof json.contentMediaType === 'string') {
      const { contentMediaType, ...schema } = json
      return { ...described, content: { [contentMediaType]: { schema } } }
    }
  }
  return { ...described, content: { 'application/json': { schema: json } } }
}

function parameters(
  place: 'path' | 'query' | 'header',
  shape: TSchema | undefined,
  components: Map<string, Json>,
): Json[] {
  if (!shape || !('properties' in shape) || typeof shape.properties !== 'object' || shape.properties === null)
    return []
  const required = 'required' in shape && Array.isArray(shape.required) ? shape.required : []
  return Object.entries(shape.properties).map(([name, schema]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: plain(schema, components),
  }))
}

/** A schema as plain JSON, with named shapes moved to the components. */
function plain(schema: unknown, components: Map<string, Json>): Json {
  if (Array.isArray(schema)) return schema.map((item) => plain(item, components))
  if (typeof schema !== 'object' || schema === null) {
    return typeof schema === 'string' || typeof schema === 'number' || typeof schema === 'boolean'
      ? schema
      : null
  }
  const { $id, ...rest } = schema as { $id?: string }
  const json: { [key: string]: Json } = {}
  for (const [key, value] of Object.entries(rest)) {
    if (value !== undefined && !key.startsWith('~')) json[key] = plain(value, components)
  }
  if ($id === undefined) return json
  components.set($id, json)
  return { $ref: `#/components/schemas/${$id}` }
}
