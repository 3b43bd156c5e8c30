// Runs src/main.ts under the pinned Node as if it were this process: signals go in, the exit code comes out.
// Must stay true: when this process dies, however it dies, the other one learns of it (its channel closes) and stops.
import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const main = join(dirname(dirname(fileURLToPath(import.meta.url))), 'src/main.ts')

/** Starts `main.ts ...args` and ends this process with its exit code. */
export function runMain(node, args) {
  const child = spawn(node, [main, ...args], { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] })
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.once('error', (error) => {
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  })
  child.once('exit', (code, signal) => {
    if (signal) {
      for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.removeAllListeners(name)
      process.kill(process.pid, signal)
    }
    process.exit(code ?? 1)
  })
  if (process.env.npm_lifecycle_event) {
    warnOfOldNpm(process.env.npm_config_user_agent ?? '')
    watchParent(child)
  }
}

/** npm 9 and older take SIGTERM and keep it to themselves; nothing below them can know. */
function warnOfOldNpm(agent) {
  const major = Number(/^npm\/(\d+)/.exec(agent)?.[1] ?? 99)
  if (major < 10)
    process.stderr.write(
      `npm ${major} does not pass SIGTERM on. Stop with Ctrl-C, or send it to process ${process.pid}; npm 10 passes it on.\n`,
    )
}

/** npm passes signals on but cannot pass on its own SIGKILL: when it is gone, so are we. */
function watchParent(child) {
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    child.kill('SIGTERM')
  }, 1000)
  timer.unref()
}
