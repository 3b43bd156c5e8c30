#!/usr/bin/env node
// `panoply ROLE …`: sets up what is missing, then runs one role, e.g. `panoply admin verify-audit FILE`.
import { runMain } from './run-main.mjs'
import { failSetup, setup } from './setup.mjs'

const args = process.argv.slice(2)
const { node } = await setup(args[0] === 'up' ? ['web'] : []).catch(failSetup)
runMain(node, args)
