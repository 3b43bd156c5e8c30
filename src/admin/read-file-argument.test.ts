import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runImportEvidence } from './import-evidence.ts'
import { runVerifyAudit } from './verify-audit.ts'
import { runVerifyCertificate } from './verify-certificate.ts'

const commands = {
  'import-evidence': runImportEvidence,
  'verify-audit': runVerifyAudit,
  'verify-certificate': runVerifyCertificate,
}

for (const [name, run] of Object.entries(commands)) {
  const said = async (...argv: string[]) => {
    let text = ''
    const code = await run(argv, (piece) => {
      text += piece
    })
    return [code, text] as const
  }

  test(`${name} without a file, with two or with an option it does not have says how it is used and ends with 2`, async () => {
    for (const argv of [[], ['a', 'b'], ['a', '--unheard-of']]) {
      const [code, text] = await said(...argv)
      assert.equal(code, 2, argv.join(' '))
      assert.match(text, new RegExp(`Usage: panoply admin ${name} FILE`), argv.join(' '))
    }
  })

  test(`${name} of a file that cannot be read says why and ends with 2`, async () => {
    const [code, text] = await said('/nowhere/at/all')
    assert.equal(code, 2)
    assert.match(text, /ENOENT.*\/nowhere\/at\/all/)
    const [, json] = await said('/nowhere/at/all', '--json')
    assert.equal(JSON.parse(json).ok, false)
  })
}
