import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FastifyInstance, fastify } from 'fastify'
import { PublicError } from '#core/errors.ts'
import { openHostNames } from './host-names.ts'

const eu = { name: 'eu', port: 4443, url: 'https://eu.house.example:4443' }
const us = { name: 'us', port: 443, url: 'https://us.house.example' }

/** Answers the region of every request, or the code it is refused with; behind a proxy at 10.0.0.1. */
function anApp(): FastifyInstance {
  const app = fastify({ trustProxy: ['10.0.0.1/32'] })
  const names = openHostNames([eu, us])
  app.get('/', async (request) => {
    try {
      return { region: names.regionOf(request) }
    } catch (error) {
      if (!(error instanceof PublicError)) throw error
      return { code: error.code, url: error.details.url, counted: names.arrivalOf(request) }
    }
  })
  return app
}

async function ask(headers: Record<string, string>, remoteAddress = '192.0.2.7') {
  const reply = await anApp().inject({ url: '/', headers, remoteAddress })
  return reply.json()
}

test('each region answers to its own authority, with or without the default port', async () => {
  assert.deepEqual(await ask({ host: 'eu.house.example:4443' }), { region: 'eu' })
  assert.deepEqual(await ask({ host: 'EU.House.Example:4443' }), { region: 'eu' })
  assert.deepEqual(await ask({ host: 'us.house.example' }), { region: 'us' })
  assert.deepEqual(await ask({ host: 'us.house.example:443' }), { region: 'us' })
})

test('any other host is misdirected', async () => {
  const others = [
    'evil.example',
    'eu.house.example',
    'eu.house.example:443',
    'us.house.example:4443',
    'eu.house.example.:4443',
    '127.0.0.1:4443',
    'eu.house.example:4443@evil.example',
    'user@eu.house.example:4443',
    '',
  ]
  for (const host of others) {
    const { code, url } = await ask({ host })
    assert.equal(code, 'wrong_region', host)
    assert.equal(url, eu.url, host)
  }
})

test('a forwarded host counts when a trusted proxy says it, and not when a client does', async () => {
  const forwarded = { host: 'inside:80', 'x-forwarded-host': 'us.house.example' }
  assert.deepEqual(await ask(forwarded, '10.0.0.1'), { region: 'us' })
  assert.equal((await ask(forwarded)).code, 'wrong_region')
  assert.deepEqual(await ask({ ...forwarded, host: 'eu.house.example:4443' }), { region: 'eu' })
  assert.equal(
    (await ask({ ...forwarded, 'x-forwarded-host': 'evil.example' }, '10.0.0.1')).code,
    'wrong_region',
  )
})
