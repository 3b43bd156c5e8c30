// The client generator on a document with every shape our API uses.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientSource } from './gen-client.ts'

const text = { type: 'string' }
const document = {
  components: {
    schemas: {
      Thing: {
        type: 'object',
        required: ['id'],
        properties: { id: text, 'odd-name': { type: ['integer', 'null'] } },
      },
    },
  },
  paths: {
    '/v1/things/{id}': {
      get: {
        operationId: 'findThing',
        summary: 'One thing',
        parameters: [
          { in: 'path', name: 'id', required: true, schema: text },
          { in: 'query', name: 'kind', schema: { anyOf: [{ const: 'a' }, { const: 'b' }] } },
        ],
        responses: {
          200: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } } },
        },
      },
      delete: {
        operationId: 'removeThing',
        parameters: [{ in: 'path', name: 'id', required: true, schema: text }],
        responses: { 204: {} },
      },
    },
    '/v1/things': {
      post: {
        operationId: 'addThing',
        requestBody: { content: { 'multipart/form-data': {} } },
        responses: {
          201: {
            content: {
              'application/json': {
                schema: { type: 'array', items: { $ref: '#/components/schemas/Thing' } },
              },
            },
          },
        },
      },
    },
    '/v1/things/{id}/content': {
      get: {
        operationId: 'readContent',
        parameters: [{ in: 'path', name: 'id', required: true, schema: text }],
        responses: { 200: { content: { 'application/pdf': {} } } },
      },
    },
  },
}

test('operations become typed functions and addresses, files only addresses', () => {
  const source = clientSource(document)
  assert.match(
    source,
    /export type Thing = \{\n {2}id: string\n {2}"odd-name"\?: number \| null \| undefined\n\}/,
  )
  assert.match(
    source,
    /\/\*\* One thing \*\/\nexport function findThing\(input: FindThingInput, signal\?: AbortSignal\): Promise<FindThingAnswer>/,
  )
  assert.match(source, /query\?: \{\n {4}kind\?: "a" \| "b" \| undefined\n {2}\}/)
  assert.match(source, /export type FindThingAnswer = Thing\n/)
  assert.match(source, /export type RemoveThingAnswer = undefined/)
  assert.match(source, /export function addThingAddress\(\): string/)
  assert.doesNotMatch(source, /function addThing\(|function readContent\(/)
  assert.match(source, /\/v1\/things\/\$\{encodeURIComponent\(input\.path\.id\)\}\/content/)
})
