/** Who may say in whose name they ask: `X-Forwarded-For` counts from these addresses alone. */
import { BlockList, isIP } from 'node:net'
import { plainAddress } from './peer-address.ts'

/** Loopback, private and link-local networks, for `private`. */
const PRIVATE = [
  '127.0.0.0/8',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  '::1',
  'fc00::/7',
  'fe80::/10',
]

export class TrustedProxies {
  readonly #list = new BlockList()
  readonly #isEmpty: boolean

  /** Addresses, networks such as 10.0.0.0/8, or the word `private`. Throws where it is none. */
  constructor(texts: readonly string[]) {
    this.#isEmpty = texts.length === 0
    for (const text of texts.flatMap(each => (each === 'private' ? PRIVATE : [each]))) {
      this.#add(text)
    }
  }

  /** The last address of the chain that no trusted proxy has. */
  callerOf(peer: string, forwardedFor: string | null): string {
    if (this.#isEmpty || forwardedFor === null) return peer
    const chain = [...forwardedFor.split(',').map(part => plainAddress(part.trim())), peer]
    for (let at = chain.length - 1; at > 0; at--) {
      const before = chain[at - 1] ?? ''
      if (!this.#isTrusted(chain[at] ?? '') || isIP(before) === 0) return chain[at] ?? peer
    }
    return chain[0] ?? peer
  }

  #isTrusted(address: string): boolean {
    return isIP(address) !== 0 && this.#list.check(address, familyOf(address))
  }

  #add(text: string): void {
    const [address = '', bits] = text.split('/')
    const max = isIP(address) === 6 ? 128 : 32
    const isBits = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= max)
    if (isIP(address) === 0 || !isBits) {
      throw new Error(`expected addresses, networks such as 10.0.0.0/8, or private, not ${text}`)
    }
    this.#list.addSubnet(address, bits === undefined ? max : Number(bits), familyOf(address))
  }
}

export const NO_PROXIES = new TrustedProxies([])

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4'
}
