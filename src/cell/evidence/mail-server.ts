// The one place mail goes to: host and port of PANOPLY_SMTP_URL, and the addresses its name has now.
import { lookup, resolve4, resolve6 } from 'node:dns/promises'
import { isIP } from 'node:net'

export interface MailServer {
  readonly port: number
  readonly addresses: ReadonlySet<string>
}

/** The operator's mail server; null when there is none. A name that nobody knows has no address. */
export async function findMailServer(smtpUrl: string | null): Promise<MailServer | null> {
  if (smtpUrl === null || !URL.canParse(smtpUrl)) return null
  const { protocol, hostname, port } = new URL(smtpUrl)
  const host = hostname.replace(/^\[|\]$/g, '')
  return {
    // As the transport takes it where the address names none.
    port: Number(port) || (protocol === 'smtps:' ? 465 : 587),
    addresses: new Set((isIP(host) === 0 ? await addressesOf(host) : [host]).map(comparable)),
  }
}

/** An address in the one spelling in which two can be compared. */
export function comparable(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '')
  return isIP(plain) === 6 ? new URL(`http://[${plain}]`).hostname : plain
}

/** By name servers, as mail asks first, and by what the machine itself knows. */
async function addressesOf(host: string): Promise<string[]> {
  const answers = await Promise.allSettled([
    resolve4(host),
    resolve6(host),
    lookup(host, { all: true }).then((found) => found.map(({ address }) => address)),
  ])
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
}
