#!/usr/bin/env node
// `npm test`: sets up what is missing, then runs everything that can be tested here. Words behind `--` choose the
// test files whose path contains one of them: `npm test -- snips isolation`.
import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { failSetup, setup } from './setup.mjs'

const project = dirname(dirname(fileURLToPath(import.meta.url)))
const { node, skipped } = await setup(['web', 'system']).catch(failSetup)
for (const line of skipped) console.error(`left out: ${line}`)
const child = spawn(node, [join(project, 'scripts/run-tests.ts'), ...process.argv.slice(2)], {
  cwd: project,
  stdio: ['ignore', 'inherit', 'inherit'],
})
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.once('error', (error) => {
  console.error(error.message)
  process.exit(1)
})
child.once('exit', (code) => process.exit(code ?? 1))
