import type { HttpRequest } from './http-server.ts'
import type { TrustedProxies } from './trusted-proxies.ts'
import { handledMethod, headerOf, type Wire } from './wire.ts'

export interface RequestParts {
  readonly wire: Wire
  readonly proxies: TrustedProxies
  readonly parameters: Readonly<Record<string, string>>
  /** Made only where a handler asks: most never do. */
  readonly signal: () => AbortSignal
  readonly body: () => Promise<Uint8Array<ArrayBuffer>>
}

/** A request as its handler sees it. */
export class WireRequest implements HttpRequest {
  readonly method: string
  readonly parameters: Readonly<Record<string, string>>
  readonly #parts: RequestParts

  constructor(parts: RequestParts) {
    this.#parts = parts
    this.method = handledMethod(parts.wire.method)
    this.parameters = parts.parameters
  }

  get path(): string {
    return this.#parts.wire.path
  }

  get query(): URLSearchParams {
    return new URLSearchParams(this.#parts.wire.queryText)
  }

  header(name: string): string | null {
    return headerOf(this.#parts.wire.headers, name)
  }

  get peer(): string {
    return this.#parts.proxies.callerOf(this.#parts.wire.peer(), this.header('x-forwarded-for'))
  }

  get secure(): boolean {
    return this.#parts.wire.secure
  }

  get signal(): AbortSignal {
    return this.#parts.signal()
  }

  body(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#parts.body()
  }
}
