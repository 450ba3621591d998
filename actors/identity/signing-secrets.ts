/** Secrets of signing keys at rest: a hash could not check a signature, so they are sealed. */
import type { Random } from '#runtime/random.ts'
import { type InstallationKey, seal, unseal } from './installation-key.ts'

const PURPOSE = 'secrets of signing keys'

export class SigningSecrets {
  readonly #keys: readonly Uint8Array[]
  readonly #random: Random

  constructor(key: Pick<InstallationKey, 'derived'>, random: Random) {
    this.#keys = key.derived(PURPOSE)
    this.#random = random
  }

  seal(secret: string): Uint8Array {
    const [newest] = this.#keys
    if (newest === undefined) throw new Error('the installation has no key')
    return seal(Buffer.from(secret), newest, this.#random)
  }

  /** null = it was sealed under a key that this process cannot open. */
  unseal(sealed: Uint8Array): Uint8Array | null {
    for (const key of this.#keys) {
      const secret = unseal(sealed, key)
      if (secret !== null) return secret
    }
    return null
  }
}
