/** A request that came by no socket. */
import type { HttpRequest } from '#actors/http/http-server.ts'

export interface RequestInit {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

const NEVER = new AbortController().signal

/** A POST as a handler sees it; the body is the handler's own, as from a socket. */
export function memoryRequest({ path, headers, body }: RequestInit): HttpRequest {
  return {
    method: 'POST',
    path,
    parameters: {},
    query: new URLSearchParams(),
    header: name => headers[name] ?? null,
    peer: '10.0.0.2',
    secure: false,
    signal: NEVER,
    body: () => Promise.resolve(Uint8Array.from(body)),
  }
}
