/** Short texts that only this installation could have made: `<what>.<signature>`. */
import { createHmac, timingSafeEqual } from 'node:crypto'

export class SignedTexts {
  readonly #keys: readonly Uint8Array[]

  /** Signs with the first key, takes any of them. */
  constructor(keys: readonly Uint8Array[]) {
    this.#keys = keys
  }

  /** The same text for the same words each time. */
  sign(words: readonly string[]): string {
    const [key = new Uint8Array()] = this.#keys
    const text = words.join('.')
    return `${text}.${signatureOf(text, key)}`
  }

  /** The words, or null if it was not made here. */
  read(signed: string): readonly string[] | null {
    const at = signed.lastIndexOf('.')
    const text = signed.slice(0, Math.max(0, at))
    // As text: decoding would let several texts pass for one.
    const given = Buffer.from(signed.slice(at + 1))
    const isOurs = this.#keys.some(key => {
      const right = Buffer.from(signatureOf(text, key))
      return given.length === right.length && timingSafeEqual(given, right)
    })
    return isOurs ? text.split('.') : null
  }
}

function signatureOf(text: string, key: Uint8Array): string {
  return createHmac('sha256', key).update(text).digest('base64url')
}
