/**
 * The secret of the installation, from which the keys for tokens and cookies are derived. It lies
 * in the catalog, so that all processes share it, sealed under the administrator's token, so that
 * a copy of the catalog is no copy of the secret. Under another token a new one is made; the old
 * one stays, and is good again where its token is.
 */
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto'
import type { InstallationKeys, SealedKey } from '#actors/catalog/installation-keys.ts'
import type { Clock } from '#runtime/clock.ts'
import type { Random } from '#runtime/random.ts'
import { mintId } from './project-key.ts'

const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
const ID_CHARS = 12

export interface InstallationKeyOptions {
  readonly keys: InstallationKeys
  readonly adminToken: string
  readonly clock: Clock
  readonly random: Random
}

/** Every secret that this administrator's token opens, newest first; there is at least one. */
export class InstallationKey {
  readonly #secrets: readonly Uint8Array[]

  constructor(secrets: readonly Uint8Array[]) {
    this.#secrets = secrets
  }

  static async open(options: InstallationKeyOptions): Promise<InstallationKey> {
    const { keys, adminToken, clock, random } = options
    const sealing = derive(Buffer.from(adminToken), 'sealing of the installation key')
    const stored = await keys.ensure(all => {
      if (all.some(({ sealed }) => unseal(sealed, sealing) !== null)) return null
      const sealed = seal(random.bytes(KEY_BYTES), sealing, random)
      return { id: mintId(random, ID_CHARS), sealed, createdAtUs: clock.nowUs() }
    })
    return new InstallationKey(opened(stored, sealing))
  }

  /** A key for one purpose, from each secret; make things with the first, take any of them. */
  derived(purpose: string): readonly Uint8Array[] {
    return this.#secrets.map(secret => derive(secret, purpose))
  }
}

function opened(stored: readonly SealedKey[], sealing: Uint8Array): Uint8Array[] {
  return stored.toReversed().flatMap(({ sealed }) => unseal(sealed, sealing) ?? [])
}

function derive(secret: Uint8Array, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', `logboy ${purpose}`, KEY_BYTES))
}

/** AES-256-GCM: nonce, ciphertext, tag. */
export function seal(plain: Uint8Array, key: Uint8Array, random: Random): Uint8Array {
  const nonce = random.bytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/** null = sealed under another key, or changed since. */
export function unseal(sealed: Uint8Array, key: Uint8Array): Uint8Array | null {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) return null
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES))
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
  try {
    const plain = decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES))
    return Buffer.concat([plain, decipher.final()])
  } catch {
    return null
  }
}
