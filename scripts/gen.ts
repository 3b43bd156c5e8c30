/** `npm run gen`: writes every generated file anew, the API document before the client that is made from it. */
import { listFiles } from './list-files.ts'
import { runCommand } from './run-command.ts'

const FIRST = ['scripts/check-columns.ts', 'scripts/gen-tables.ts', 'scripts/gen-openapi.ts']

const generators = listFiles(process.cwd(), ['scripts'], /^scripts\/gen-[a-z]+\.ts$/)
for (const script of [...FIRST, ...generators.filter((file) => !FIRST.includes(file))]) {
  const ended = await runCommand(process.execPath, [script])
  process.stdout.write(ended.output)
  if (ended.code !== 0) {
    console.error(`${script} failed`)
    process.exit(1)
  }
}
