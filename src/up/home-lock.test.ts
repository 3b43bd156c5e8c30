import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { ConfigError } from '#core/config.ts'
import { identityOf } from '#core/process-identity.ts'
import { lockHome } from './home-lock.ts'

function aFolder(): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), 'panoply-lock-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) }
}

describe('the lock of a home', () => {
  it('is refused while its holder lives, and free when it is released', () => {
    using folder = aFolder()
    const lock = lockHome('/home', folder.path)
    assert.throws(
      () => lockHome('/home', folder.path),
      (error) => error instanceof ConfigError && error.message.includes(`process ${process.pid}`),
    )
    lock.release()
    lockHome('/home', folder.path).release()
  })

  it('is free when its holder was killed', async () => {
    using folder = aFolder()
    const holder = spawn('/bin/sleep', ['60'])
    const file = join(folder.path, 'up.pid')
    writeFileSync(file, JSON.stringify(identityOf(holder.pid ?? 0)))
    assert.throws(() => lockHome('/home', folder.path), ConfigError)
    holder.kill('SIGKILL')
    await new Promise((resolve) => holder.once('exit', resolve))
    lockHome('/home', folder.path).release()
  })

  it('is free when its process id now belongs to somebody else', () => {
    using folder = aFolder()
    writeFileSync(join(folder.path, 'up.pid'), JSON.stringify({ pid: process.pid, started: 'last boot' }))
    lockHome('/home', folder.path).release()
  })

  it('is free when a kill left it half written', () => {
    using folder = aFolder()
    writeFileSync(join(folder.path, 'up.pid'), '{"pid":')
    const lock = lockHome('/home', folder.path)
    assert.equal(JSON.parse(readFileSync(join(folder.path, 'up.pid'), 'utf8')).pid, process.pid)
    lock.release()
  })

  it('goes to exactly one of many who find a dead one', async () => {
    using folder = aFolder()
    writeFileSync(join(folder.path, 'up.pid'), JSON.stringify({ pid: 1, started: 'last boot' }))
    const code = `import { lockHome } from ${JSON.stringify(join(import.meta.dirname, 'home-lock.ts'))}
      try { lockHome('/home', ${JSON.stringify(folder.path)}); console.log('mine') } catch { console.log('not mine') }
      process.stdin.resume()`
    const rivals = Array.from({ length: 4 }, () =>
      spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['pipe', 'pipe', 'inherit'] }),
    )
    const said = await Promise.all(
      rivals.map(
        (rival) =>
          new Promise<string>((resolve) =>
            rival.stdout?.once('data', (text) => resolve(String(text).trim())),
          ),
      ),
    )
    for (const rival of rivals) rival.stdin?.end()
    await Promise.all(rivals.map((rival) => new Promise((resolve) => rival.once('exit', resolve))))
    assert.deepEqual(said.sort(), ['mine', 'not mine', 'not mine', 'not mine'])
  })
})
