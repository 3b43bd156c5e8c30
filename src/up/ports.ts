// Owns: finding out before anything is started that the ports of the web can be had.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { type Config, ConfigError } from '#core/config.ts'

/** @throws ConfigError naming the port that is taken or not ours to take */
export async function assertPortsFree(config: Config): Promise<void> {
  const lowest = config.hasSystemUsers ? lowestForAll() : 1
  const wanted = config.regions.map((region) => ({ port: region.port, use: `region ${region.name}` }))
  for (const { port, use } of [...wanted, { port: config.httpPort, use: 'the redirect to HTTPS' }]) {
    if (port < lowest)
      throw new ConfigError(
        `Port ${port} (${use}) is below ${lowest}, and the web process does not run as root. Choose a higher --port, or allow it: sysctl net.ipv4.ip_unprivileged_port_start=${port}`,
      )
    const code = await tryPort(port, config.listenHost)
    if (code === 'EADDRINUSE')
      throw new ConfigError(`Port ${port} (${use}) is in use by another program. Choose another --port.`)
    if (code !== null)
      throw new ConfigError(`Port ${port} (${use}) on ${config.listenHost} cannot be used: ${code}.`)
  }
}

/** @returns null when the port can be had, else the code of the error */
async function tryPort(port: number, host: string): Promise<string | null> {
  const hosts = host === 'localhost' ? ['127.0.0.1', '::1'] : [host]
  for (const one of hosts) {
    const server = createServer()
    const code = await new Promise<string | null>((resolve) => {
      server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
      server.listen({ port, host: one, exclusive: true }, () => server.close(() => resolve(null)))
    })
    // A machine without IPv6 has no ::1 to listen on.
    if (code !== null && !(one === '::1' && ['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(code))) return code
  }
  return null
}

function lowestForAll(): number {
  try {
    return Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'))
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return 1024
    throw cause
  }
}
