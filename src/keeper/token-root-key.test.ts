import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { loadRootKey } from '#core/keys/root-key.ts'
import { openByToken, readTokenAddress, sealByToken, type TokenAddress } from '#core/keys/token-key.ts'
import { ownKeeper } from '#test/own-keeper.ts'

const MODULE = '/usr/lib/softhsm/libsofthsm2.so'
const hasTool = spawnSync('pkcs11-tool', ['--help']).error === undefined
const noToken = existsSync(MODULE) && hasTool ? false : 'no SoftHSM or no pkcs11-tool on this machine'
const PIN = '481516'

describe('a root key in a PKCS#11 token', { skip: noToken }, () => {
  let folder: string
  let token: TokenAddress
  const pinFile = () => join(folder, 'pin')
  const address = (name = 'panoply', id = '%01') =>
    `pkcs11:token=${name};id=${id}?module-path=${MODULE}&pin-source=file:${pinFile()}`

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'panoply-token-'))
    mkdirSync(join(folder, 'tokens'))
    const settings = join(folder, 'softhsm2.conf')
    writeFileSync(settings, `directories.tokendir = ${join(folder, 'tokens')}\nlog.level = ERROR\n`)
    process.env.SOFTHSM2_CONF = settings
    writeFileSync(pinFile(), `${PIN}\n`, { mode: 0o600 })
    const tool = (command: string, ...args: string[]) => {
      const { status, stderr } = spawnSync(command, args)
      assert.equal(status, 0, String(stderr))
    }
    const named = ['--token-label', 'panoply', '--login', '--pin', PIN]
    tool('softhsm2-util', '--init-token', '--free', '--label', 'panoply', '--pin', PIN, '--so-pin', '9999')
    for (const id of ['01', '02'])
      tool(
        'pkcs11-tool',
        '--module',
        MODULE,
        ...named,
        '--keygen',
        '--key-type',
        'AES:32',
        '--id',
        id,
        '--sensitive',
      )
    token = readTokenAddress(address())
  })
  after(() => {
    delete process.env.SOFTHSM2_CONF
    rmSync(folder, { recursive: true, force: true })
  })

  it('opens the keeper at every start, and stands in the file only as the token sealed it', async () => {
    await using own = await ownKeeper({ token })
    const keeper = own.as('up')
    assert.equal((await keeper.ask('status', {})).rootKey, 'token')
    const before = await own.as('cell').ask('login', { region: 'eu', role: 'sealer' })
    await own.restart()
    assert.deepEqual(await own.as('cell').ask('login', { region: 'eu', role: 'sealer' }), before)
    const text = readFileSync(own.rootKeyFile, 'utf8')
    assert.deepEqual(Object.keys(JSON.parse(text)), ['format', 'token', 'wrapped'])
    const { key } = loadRootKey({ file: own.rootKeyFile, token })
    const bytes = key.export()
    for (const form of ['base64', 'hex', 'base64url'] as const)
      assert.ok(!text.includes(bytes.toString(form)))
  })

  it('does not open without its token, with another key, with a changed file, or with a passphrase beside it', async () => {
    await using own = await ownKeeper({ token })
    const file = own.rootKeyFile
    assert.throws(() => loadRootKey({ file }), /needs its token/)
    assert.throws(() => loadRootKey({ file, passphrase: 'correct horse' }), /not wrapped in one/)
    assert.throws(() => loadRootKey({ file, passphrase: 'correct horse', token }), /not by both/)
    assert.throws(() => loadRootKey({ file, token: readTokenAddress(address('panoply', '%02')) }))
    assert.throws(
      () => loadRootKey({ file, token: readTokenAddress(address('panoply', '%77')) }),
      /not found/,
    )
    assert.throws(() => loadRootKey({ file, token: readTokenAddress(address('gone')) }), /No slot/)
    const content = JSON.parse(readFileSync(file, 'utf8'))
    const iv = content.token.iv.startsWith('00') ? 'ff' : '00'
    const changed = { ...content, token: { ...content.token, iv: iv + content.token.iv.slice(2) } }
    writeFileSync(file, JSON.stringify(changed))
    assert.throws(() => loadRootKey({ file, token }), /The token does not open/)
    writeFileSync(file, JSON.stringify(content))
    loadRootKey({ file, token })
  })

  it('takes a PIN from a file of the keeper’s alone, and says what is wrong with it', () => {
    const sealed = sealByToken(token, Buffer.alloc(32, 7))
    assert.deepEqual(openByToken(token, sealed), Buffer.alloc(32, 7))
    chmodSync(pinFile(), 0o644)
    assert.throws(() => openByToken(token, sealed), /open to other users/)
    chmodSync(pinFile(), 0o600)
    writeFileSync(pinFile(), '\n')
    assert.throws(() => openByToken(token, sealed), /no PIN/)
    writeFileSync(pinFile(), 'wrong\n')
    assert.throws(() => openByToken(token, sealed), /CKR_PIN_INCORRECT/)
    writeFileSync(pinFile(), `${PIN}\n`)
    assert.throws(() => openByToken({ ...token, pinFile: join(folder, 'none') }, sealed), /cannot be read/)
  })
})

it('the address of a token is read whole or not at all', () => {
  const good = 'pkcs11:token=Vault%20A;id=%00%ffA?module-path=/lib/p11.so&pin-source=file:///etc/pin'
  assert.deepEqual(readTokenAddress(good), {
    module: '/lib/p11.so',
    token: 'Vault A',
    id: '00ff41',
    pinFile: '/etc/pin',
  })
  for (const bad of [
    '',
    'https://example.com/',
    good.replace('token', 'tokens'),
    good.replace('/lib/p11.so', 'p11.so'),
    good.replace('file:///etc/pin', 'pin'),
    good.replace('id=%00%ffA', 'id='),
    `${good}&pin-value=1234`,
    good.replace('%20', '%zz'),
  ])
    assert.throws(() => readTokenAddress(bad), { name: 'KeeperFault' }, bad)
})
