// Whom an address stands for where limits are concerned.
import { isIPv4, isIPv6 } from 'node:net'

/**
 * An IPv4 address as it is, also when it comes mapped into IPv6; an IPv6 address as its /64, which is what one customer is given.
 * Anything else stands for itself.
 */
export function addressKey(address: string): string {
  const plain = address.replace(/%.*$/, '').toLowerCase()
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(plain)?.[1]
  if (mapped !== undefined) return mapped
  if (!isIPv6(plain)) return plain
  return `${firstGroups(plain, 4)}::/64`
}

/** The network around an address, which one owner may fill: an IPv4 /24, an IPv6 /48. */
export function networkKey(address: string): string {
  const key = addressKey(address)
  if (key.endsWith('::/64')) return `${key.split(':').slice(0, 3).join(':')}::/48`
  return isIPv4(key) ? key.replace(/\d+$/, '0/24') : key
}

function firstGroups(plain: string, count: number): string {
  const [left = '', right] = plain.split('::')
  const before = groups(left)
  const after = right === undefined ? [] : groups(right)
  const middle = right === undefined ? [] : new Array<string>(8 - before.length - after.length).fill('0')
  return [...before, ...middle, ...after]
    .slice(0, count)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}

/** The groups of 16 bits of one side; a dotted quad at the end is two. */
function groups(text: string): string[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [group]
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number)
    return [(a * 256 + b).toString(16), (c * 256 + d).toString(16)]
  })
}
