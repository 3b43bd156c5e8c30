// Commands about one file: `FILE [options]`, and what is said when it cannot be read.
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'

type Values<O extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ options: O; allowPositionals: true }>
>['values']

/** The one file and the options. Answers what to say instead when these are no arguments of the command. */
export function readFileArgument<const O extends ParseArgsOptionsConfig>(
  argv: readonly string[],
  options: O,
  usage: string,
): { readonly file: string; readonly values: Values<O> } | string {
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true })
    const [file] = positionals
    return file === undefined || positionals.length > 1 ? usage : { file, values }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return `${error.message}\n${usage}`
  }
}

/** Says why a file could not be read and answers the exit code 2; throws what is no fault of the file or the disk. */
export function tellUnreadable(error: unknown, write: (text: string) => void, isJson: boolean): number {
  if (!(error instanceof Error && 'code' in error && 'syscall' in error)) throw error
  write(isJson ? `${JSON.stringify({ ok: false, error: error.message })}\n` : `${error.message}\n`)
  return 2
}
