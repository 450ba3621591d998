/**
 * Which addresses may be reached for a person who is not the installation's owner: public ones.
 * Ranges are those of IANA's special-purpose registries (RFC 6890 and its successors), and what
 * embeds an IPv4 address in an IPv6 one is judged by the embedded one.
 */
import { BlockList, isIP } from 'node:net'

const PRIVATE_4: readonly (readonly [network: string, bits: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
]
/** Of IPv6 only 2000::/3 is global; these are the parts of it that are not. */
const PRIVATE_6: readonly (readonly [network: string, bits: number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['3fff::', 20],
]
const GLOBAL_6 = ['2000::', 3] as const
/** An IPv4 address in the last 32 bits: mapped (RFC 4291), NAT64 (RFC 6052). */
const EMBEDDING_LAST = [
  ['::ffff:0:0', 96],
  ['64:ff9b::', 96],
] as const
/** In bits 16 to 48: 6to4 (RFC 3056). */
const SIX_TO_FOUR = ['2002::', 16] as const

const private4 = listOf(PRIVATE_4, 'ipv4')
const private6 = listOf(PRIVATE_6, 'ipv6')
const global6 = listOf([GLOBAL_6], 'ipv6')
const embeddingLast = listOf(EMBEDDING_LAST, 'ipv6')
const sixToFour = listOf([SIX_TO_FOUR], 'ipv6')

function listOf(networks: readonly (readonly [string, number])[], family: 'ipv4' | 'ipv6') {
  const list = new BlockList()
  for (const [network, bits] of networks) list.addSubnet(network, bits, family)
  return list
}

/** false for what is no address at all. */
export function isPublicAddress(address: string): boolean {
  const bare = address.split('%', 1)[0] as string
  switch (isIP(bare)) {
    case 4:
      return !private4.check(bare, 'ipv4')
    case 6:
      return isPublic6(bare)
    default:
      return false
  }
}

function isPublic6(address: string): boolean {
  const groups = groupsOf(address)
  if (embeddingLast.check(address, 'ipv6')) return isPublicAddress(dotted(groups, 6))
  if (sixToFour.check(address, 'ipv6')) return isPublicAddress(dotted(groups, 1))
  return global6.check(address, 'ipv6') && !private6.check(address, 'ipv6')
}

/** The eight groups of a valid IPv6 address. */
function groupsOf(address: string): readonly number[] {
  // The canonical form of WHATWG URLs has no dotted part.
  const [left = '', right] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const before = left === '' ? [] : left.split(':')
  const after = right === undefined || right === '' ? [] : right.split(':')
  const zeros = right === undefined ? 0 : 8 - before.length - after.length
  return [...before, ...Array<string>(zeros).fill('0'), ...after].map(group => parseInt(group, 16))
}

function dotted(groups: readonly number[], at: number): string {
  return [groups[at] ?? 0, groups[at + 1] ?? 0].map(two => `${two >> 8}.${two & 0xff}`).join('.')
}
