// `panoply admin COMMAND …`: finds the command and hands it the rest. Commands answer their exit code.

interface Command {
  readonly name: string
  readonly summary: string
  load(): Promise<(argv: readonly string[]) => Promise<number>>
}

const commands: readonly Command[] = [
  {
    name: 'doctor',
    summary: 'looks at an installation, running or not, and says what is wrong and what to do',
    load: async () => (await import('./doctor/run-doctor.ts')).runDoctor,
  },
  {
    name: 'import-evidence',
    summary: 'brings the signed record of a test run or drill to this installation',
    load: async () => (await import('./import-evidence.ts')).runImportEvidence,
  },
  {
    name: 'probe',
    summary: 'has the canaries of a region try each other so many times at once, and counts',
    load: async () => (await import('./probe.ts')).runProbe,
  },
  {
    name: 'rotate-keys',
    summary: 'makes new keys for an organisation and seals everything with them',
    load: async () => (await import('./rotate-keys.ts')).runRotateKeys,
  },
  {
    name: 'uninstall',
    summary: 'takes an installation off this machine, and nothing else',
    load: async () => (await import('./uninstall/run-uninstall.ts')).runUninstall,
  },
  {
    name: 'verify-audit',
    summary: 'checks an exported audit log offline, with the public key alone',
    load: async () => (await import('./verify-audit.ts')).runVerifyAudit,
  },
  {
    name: 'verify-certificate',
    summary: 'checks the certificate of a destruction offline, with the public key alone',
    load: async () => (await import('./verify-certificate.ts')).runVerifyCertificate,
  },
]

/** Runs the command that `argv` begins with. @returns the exit code; 2 when there is no such command */
export async function runAdmin(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv
  const command = commands.find((one) => one.name === name)
  if (command) return (await command.load())(rest)
  const lines = commands.map((one) => `  ${one.name.padEnd(20)} ${one.summary}`)
  const isHelp = name === undefined || name === '--help' || name === 'help'
  const complaint = isHelp ? '' : `There is no command ${name}.\n`
  process.stderr.write(`${complaint}Usage: panoply admin COMMAND [--json] …\n${lines.join('\n')}\n`)
  return isHelp && name !== undefined ? 0 : 2
}
