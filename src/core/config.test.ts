import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { buildConfig, ConfigError, childEnvironment, readConfig, writeInstallation } from './config.ts'

function aHome(): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), 'panoply-config-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) }
}

describe('the configuration of a process', () => {
  it('gives three regions on ports that follow each other, and the redirect eight above', () => {
    const config = buildConfig({ role: 'up', home: '/nowhere/home', port: 9000 })
    assert.deepEqual(
      config.regions.map((region) => [region.name, region.url]),
      [
        ['eu', 'https://localhost:9000'],
        ['us', 'https://localhost:9001'],
        ['asia', 'https://localhost:9002'],
      ],
    )
    assert.equal(config.httpPort, 9008)
    assert.equal(config.regions[0].cells[0].clusterFolder, '/nowhere/home/regions/eu/pg')
  })

  it('every role reads what `up` has decided, whatever its own environment says', () => {
    using home = aHome()
    const env = { PANOPLY_RUN: '/tmp/run-of-up', PANOPLY_ROOT_KEY: '/tmp/keys/root.key' }
    const up = buildConfig({ role: 'up', home: home.path, port: 9100, env })
    writeInstallation(up)
    const web = buildConfig({
      role: 'web',
      home: home.path,
      env: { PANOPLY_RUN: '/tmp/other', PANOPLY_PORT: '1' },
    })
    assert.equal(web.runFolder, '/tmp/run-of-up')
    assert.equal(web.rootKeyFile, '/tmp/keys/root.key')
    assert.equal(web.port, 9100)
    assert.deepEqual(web.regions, up.regions)
  })

  it('the next `up` keeps the port of the last one', () => {
    using home = aHome()
    writeInstallation(buildConfig({ role: 'up', home: home.path, port: 9200 }))
    assert.equal(buildConfig({ role: 'up', home: home.path }).port, 9200)
    assert.equal(buildConfig({ role: 'up', home: home.path, port: 9300 }).port, 9300)
  })

  it('a role other than `up` refuses a home that was never started', () => {
    assert.throws(() => buildConfig({ role: 'web', home: '/nowhere/home' }), ConfigError)
  })

  it('refuses what nobody can mean, naming it', () => {
    const refused = (...argv: string[]) => assert.throws(() => readConfig(argv), ConfigError)
    refused()
    refused('everything')
    refused('up', '--port', '70000')
    refused('up', '--port', '0')
    refused('up', '--port', 'http')
    refused('up', '--home')
    refused('up', '--hoem', '/x')
    assert.throws(() => readConfig(['up', '--colour']), /--colour/)
  })

  it('a broken installation.json is refused, never overwritten', () => {
    using home = aHome()
    writeFileSync(join(home.path, 'installation.json'), '{"version":')
    assert.throws(() => buildConfig({ role: 'up', home: home.path }), /installation.json/)
  })

  it('options may carry their value behind an equals sign', () => {
    const config = readConfig(['up', '--home=/nowhere/a', '--port=9400', '--json', '--demo'])
    assert.deepEqual(
      [config.home, config.port, config.isJson, config.isDemo],
      ['/nowhere/a', 9400, true, true],
    )
  })

  it("children get none of the caller's secrets", () => {
    const env = childEnvironment({
      PATH: '/bin',
      PANOPLY_LISTEN: '::1',
      AWS_SECRET_ACCESS_KEY: 'x',
      NODE_OPTIONS: 'y',
    })
    assert.deepEqual(env, { LANG: 'C.UTF-8', PATH: '/bin', PANOPLY_LISTEN: '::1' })
  })
})
