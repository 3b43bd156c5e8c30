#!/usr/bin/env node
// `npm run check`, `npm run gen`, `npm run bench`: sets up what is missing, then runs the script under the pinned Node.
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { failSetup, setup } from './setup.mjs'

const scripts = { check: 'scripts/check.ts', gen: 'scripts/gen.ts', bench: 'bench/run.ts' }
const project = dirname(dirname(fileURLToPath(import.meta.url)))
const [name, ...args] = process.argv.slice(2)
const { node } = await setup().catch(failSetup)
const ended = spawnSync(node, [join(project, scripts[name]), ...args], { cwd: project, stdio: 'inherit' })
process.exit(ended.status ?? 1)
