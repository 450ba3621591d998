/**
 * Frames of rows, made and encoded once for all sockets that get the same at the same moment: with
 * a thousand readers that is most of what they cost.
 */

interface SharedFrame {
  readonly texts: readonly string[]
  readonly token: string
  readonly text: string
}

/** Of the last flush or two; what comes later begins anew. */
const FRAMES_KEPT_MAX = 64

export class SharedFrames {
  /** By their first piece, which equal filters share as one string. */
  readonly #byFirst = new Map<string, SharedFrame>()
  readonly #encoded = new Map<string, Uint8Array>()

  /** The frame of these pieces, as JSON text. */
  rows(texts: readonly string[], token: string): string {
    const [first = ''] = texts
    const known = this.#byFirst.get(first)
    if (known !== undefined && known.token === token && isSame(known.texts, texts)) {
      return known.text
    }
    if (this.#byFirst.size >= FRAMES_KEPT_MAX) this.#forget()
    const text = `{"type":"rows","rows":[${texts.join(',')}],"token":"${token}"}`
    this.#byFirst.set(first, { texts, token, text })
    return text
  }

  /** A frame in UTF-8, encoded when it is first asked for. */
  utf8(text: string): Uint8Array {
    const known = this.#encoded.get(text)
    if (known !== undefined) return known
    if (this.#encoded.size >= FRAMES_KEPT_MAX) this.#forget()
    const bytes = Buffer.from(text)
    this.#encoded.set(text, bytes)
    return bytes
  }

  #forget(): void {
    this.#byFirst.clear()
    this.#encoded.clear()
  }
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, at) => text === b[at])
}
