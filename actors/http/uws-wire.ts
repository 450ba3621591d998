import type * as Uws from 'uWebSockets.js'
import { STATUS_CODES } from 'node:http'
import type { HttpAnswer } from './http-server.ts'
import { plainAddress } from './peer-address.ts'
import { hasNoBody, type SendOptions, type Wire } from './wire.ts'

/** The library's request and response of one exchange, and all that outlives the callback. */
export class UwsWire implements Wire {
  readonly method: string
  readonly path: string
  readonly queryText: string
  readonly headers: string[] = []
  readonly secure: boolean
  /** Answered or aborted: the response must not be touched again. */
  dead = false
  #wake: () => void = () => undefined
  readonly #res: Uws.HttpResponse
  #peer: string | null = null

  constructor(res: Uws.HttpResponse, req: Uws.HttpRequest, secure: boolean) {
    this.#res = res
    this.secure = secure
    this.method = req.getMethod().toUpperCase()
    this.path = req.getUrl()
    this.queryText = req.getQuery() ?? ''
    req.forEach((name, value) => this.headers.push(name, value))
  }

  peer(): string {
    if (this.#peer === null) {
      this.#peer = this.dead
        ? ''
        : plainAddress(Buffer.from(this.#res.getRemoteAddressAsText()).toString('latin1'))
    }
    return this.#peer
  }

  pause(): void {
    if (!this.dead) this.#res.pause()
  }

  resume(): void {
    if (!this.dead) this.#res.resume()
  }

  /** After an answer the library would go on to parse what lies in its buffer. */
  refuse(): void {
    if (this.dead) return
    this.dead = true
    this.#res.close()
  }

  /** Driver: the caller has gone. */
  aborted(): void {
    this.dead = true
    this.#wake()
  }

  async stream(answer: HttpAnswer, chunks: AsyncIterable<string | Uint8Array>): Promise<void> {
    if (this.dead) return
    const res = this.#res
    this.peer()
    res.onWritable(() => {
      this.#wake()
      return true
    })
    res.cork(() => this.#head(answer))
    try {
      for await (const chunk of chunks) {
        if (this.isGone()) return
        let hasRoom = true
        res.cork(() => {
          hasRoom = res.write(chunk)
        })
        if (!hasRoom) await this.#room()
        if (this.isGone()) return
      }
      this.dead = true
      res.cork(() => res.end())
    } catch (error) {
      if (!this.isGone()) {
        this.dead = true
        res.close()
      }
      throw error
    }
  }

  /** It changes while others run. */
  isGone(): boolean {
    return this.dead
  }

  #room(): Promise<void> {
    return new Promise(resolve => {
      this.#wake = resolve
    })
  }

  #head(answer: HttpAnswer): void {
    this.#res.writeStatus(`${answer.status} ${STATUS_CODES[answer.status] ?? 'Unknown'}`)
    for (const [name, value] of answer.headers ?? []) this.#res.writeHeader(name, value)
  }

  send(answer: HttpAnswer, options: SendOptions): void {
    if (this.dead) return
    const res = this.#res
    this.peer()
    this.dead = true
    res.cork(() => {
      this.#head(answer)
      const body = answer.body ?? ''
      // Without arguments there is no length either; given as undefined it would be a huge one.
      if (hasNoBody(answer.status) && !options.close) res.endWithoutBody()
      else if (!options.withoutBody) res.end(body, options.close)
      else {
        const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length
        res.endWithoutBody(length, options.close)
      }
    })
  }
}
