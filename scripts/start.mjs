#!/usr/bin/env node
// `npm start`: sets up what is missing, then runs everything in one go.
import { runMain } from './run-main.mjs'
import { failSetup, setup } from './setup.mjs'

const { node } = await setup(['web']).catch(failSetup)
runMain(node, ['up', ...process.argv.slice(2)])
