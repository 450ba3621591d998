/** Versions of what is answered (RFC 9110, section 8.8.3): whoever has it already gets a 304. */
import { createHash } from 'node:crypto'
import type { HttpAnswer, HttpRequest } from './http-server.ts'

export function etagOf(contents: string | Uint8Array): string {
  return `"${createHash('sha256').update(contents).digest('base64url').slice(0, 22)}"`
}

/** The answer with its tag, or 304 where the caller has this version. */
export function withEtag(request: HttpRequest, etag: string, answer: HttpAnswer): HttpAnswer {
  const headers = [...(answer.headers ?? []), ['etag', etag] as const]
  return isKnown(request, etag) ? { status: 304, headers } : { ...answer, headers }
}

/** Tags are compared weakly: a proxy that packed the body may have marked them. */
export function isKnown(request: HttpRequest, etag: string): boolean {
  const known = request.header('if-none-match')
  if (known === null) return false
  return known.split(',').some(tag => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag)
}
