/** A request as a driver received it, before anything was decided about it. */
import type { HttpAnswer } from './http-server.ts'

/** What a driver knows of a request and can do to its connection. */
export interface Wire {
  /** Upper case. */
  readonly method: string
  readonly path: string
  readonly queryText: string
  /** Lower-case name, value, name, value … as received. */
  readonly headers: readonly string[]
  readonly secure: boolean
  peer(): string
  pause(): void
  resume(): void
  /** Sends the one answer; `close` ends the connection after it. */
  send(answer: HttpAnswer, options: SendOptions): void
  /**
   * Sends an answer with chunks, as fast as the caller takes them. Settles when all were handed
   * over or the caller has gone; rejects with what a chunk failed with, the connection cut.
   */
  stream(answer: HttpAnswer, chunks: AsyncIterable<string | Uint8Array>): Promise<void>
  /**
   * Ends the connection so that nothing after these headers is ever taken for a request; the answer
   * is sent only where that is sure.
   */
  refuse(answer: HttpAnswer): void
}

export interface SendOptions {
  readonly close: boolean
  /** Announce the body's length but leave the body out. */
  readonly withoutBody: boolean
}

/** The value of a header in a list of names and values; several joined by ', '. */
export function headerOf(headers: readonly string[], name: string): string | null {
  let found: string | null = null
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index] !== name) continue
    const value = headers[index + 1] as string
    found = found === null ? value : `${found}, ${value}`
  }
  return found
}

/** HEAD is handled as GET. */
export function handledMethod(method: string): string {
  return method === 'HEAD' ? 'GET' : method
}

/** Statuses whose answers have neither a body nor a length. */
export function hasNoBody(status: number): boolean {
  return status === 204 || status === 304
}

/** Length of the body as announced; null = not told. */
export function announcedBytes(headers: readonly string[]): number | null {
  const length = headerOf(headers, 'content-length')
  return length === null ? null : Number(length)
}

/** Whether a body follows the headers. */
export function announcesBody(headers: readonly string[]): boolean {
  const length = announcedBytes(headers)
  if (length !== null) return length !== 0
  return headerOf(headers, 'transfer-encoding') !== null
}

/**
 * What makes it doubtful where the request ends; null = nothing. A proxy that reads such a request
 * differently could be made to smuggle another one past itself.
 */
export function badFraming(headers: readonly string[]): string | null {
  let lengths = 0
  let encodings = 0
  for (let index = 0; index < headers.length; index += 2) {
    const value = headers[index + 1] as string
    if (headers[index] === 'content-length') {
      lengths++
      if (!/^\d{1,15}$/.test(value)) return 'the Content-Length is no number'
    } else if (headers[index] === 'transfer-encoding') {
      encodings++
      if (value.toLowerCase() !== 'chunked') return 'the only Transfer-Encoding is chunked'
    }
  }
  if (lengths > 1) return 'more than one Content-Length'
  if (encodings > 1) return 'more than one Transfer-Encoding'
  return lengths > 0 && encodings > 0 ? 'both Content-Length and Transfer-Encoding' : null
}
