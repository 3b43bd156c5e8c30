// Which addresses are inside: on this machine, in its networks, or nobody's on the internet. An outbound call goes to none of them.
// Must stay true: what is not known to be public is inside; an address is judged as bytes, never as the text somebody wrote.
import { BlockList, isIP, isIPv4 } from 'node:net'
import { networkInterfaces } from 'node:os'

/** What of IPv4 is not public: IANA's special-purpose registry (RFC 6890 and its updates), multicast, and a cloud's own wire server. */
const IPV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '168.63.129.16/32',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]
/**
 * What of 2000::/3 is not public: protocol assignments with Teredo and ORCHID, documentation, 6to4. Everything outside 2000::/3 is inside: that
 * refuses mapped, compatible and translated IPv4 (NAT64), unique local, link-local, multicast and unspecified addresses in all their spellings.
 */
const IPV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20']

const ranges = listOf([...IPV4, ...IPV6])
const globalUnicast = listOf(['2000::/3'])
const loopback = listOf(['127.0.0.0/8', '::1/128'])

/** Whether the address is inside. `text` is an address as the resolver or the URL parser wrote it, without brackets. */
export function isInside(text: string): boolean {
  const family = familyOf(text)
  if (family === null || ranges.check(text, family) || ownNetworks().check(text, family)) return true
  return family === 'ipv6' && !globalUnicast.check(text, family)
}

/** Whether the address is this machine's loopback, in its plain spelling. */
export function isLoopback(text: string): boolean {
  const family = familyOf(text)
  return family !== null && loopback.check(text, family) && !/^::ffff:/i.test(text)
}

function familyOf(text: string): 'ipv4' | 'ipv6' | null {
  if (isIP(text) === 0 || text.includes('%')) return null
  return isIPv4(text) ? 'ipv4' : 'ipv6'
}

/**
 * The public addresses of this machine and its neighbours in the same network lead inside, too: what is between them passes no border. Read anew
 * each time: they change while we run.
 */
function ownNetworks(): BlockList {
  const own = new BlockList()
  for (const { address, family, cidr } of Object.values(networkInterfaces()).flatMap((list) => list ?? [])) {
    const [kind, widest] = family === 'IPv4' ? (['ipv4', 8] as const) : (['ipv6', 32] as const)
    const bits = Number(cidr?.split('/')[1])
    const plain = address.replace(/%.*$/, '')
    // A tunnel to everywhere has no neighbours.
    if (bits >= widest) own.addSubnet(plain, bits, kind)
    else own.addAddress(plain, kind)
  }
  return own
}

function listOf(subnets: readonly string[]): BlockList {
  const list = new BlockList()
  for (const subnet of subnets) {
    const [net = '', bits = ''] = subnet.split('/')
    list.addSubnet(net, Number(bits), isIPv4(net) ? 'ipv4' : 'ipv6')
  }
  return list
}
