/**
 * Where everybody may sign up and mail is set up, a link to the address makes the account: only
 * whoever reads the mail there learns whether there was one. The link holds all of it, sealed.
 */
import type { NewAccount } from '#actors/catalog/accounts.ts'
import type { Clock } from '#runtime/clock.ts'
import type { Random } from '#runtime/random.ts'
import { type InstallationKey, seal, unseal } from './installation-key.ts'

export interface SignUpLinksOptions {
  readonly key: InstallationKey
  readonly clock: Clock
  readonly random: Random
  /** URL that people open. */
  readonly publicUrl: () => string
}

const GOOD_US = 86_400_000_000

interface Sealed {
  readonly account: NewAccount
  readonly expiresAtUs: number
}

export class SignUpLinks {
  readonly #options: SignUpLinksOptions
  readonly #keys: readonly Uint8Array[]

  constructor(options: SignUpLinksOptions) {
    this.#options = options
    this.#keys = options.key.derived('sign-up links')
  }

  create(account: NewAccount): string {
    const { clock, random, publicUrl } = this.#options
    const content: Sealed = { account, expiresAtUs: clock.nowUs() + GOOD_US }
    const [key = new Uint8Array()] = this.#keys
    const sealed = seal(Buffer.from(JSON.stringify(content)), key, random)
    return `${publicUrl()}/sign-up?confirm=${Buffer.from(sealed).toString('base64url')}`
  }

  /** null = made elsewhere, or expired. */
  read(token: string): NewAccount | null {
    const sealed = Buffer.from(token, 'base64url')
    for (const key of this.#keys) {
      const plain = unseal(sealed, key)
      if (plain === null) continue
      const { account, expiresAtUs } = JSON.parse(Buffer.from(plain).toString()) as Sealed
      return expiresAtUs > this.#options.clock.nowUs() ? account : null
    }
    return null
  }
}
