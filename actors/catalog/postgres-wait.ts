/** A PostgreSQL that starts at the same time as we do is waited for; one that refuses us is not. */
import { ConnectionError } from 'slonik'
import { pause, systemClock } from '#runtime/clock.ts'
import { ConnectionLostError } from './catalog-away.ts'
import type { DatabaseError } from './driver-mapping.ts'

/** There is no working with this server, told in one line. */
export class CatalogUnreachableError extends Error {
  readonly code = 'LOGBOY_CATALOG_UNREACHABLE'
}

const LOOK_MS = 250

export async function waitForServer<Result>(
  url: string,
  waitMs: number,
  work: () => Promise<Result>,
): Promise<Result> {
  const deadlineMs = systemClock.monotonicMs() + waitMs
  for (;;) {
    try {
      return await work()
    } catch (error) {
      const reason = reasonOf(error)
      if (reason === null) throw error
      if (isRefusal(reason) || systemClock.monotonicMs() + LOOK_MS > deadlineMs) {
        throw unreachable(url, reason, waitMs)
      }
      await pause(LOOK_MS)
    }
  }
}

/** Host, port and database: an address as it may be shown, which its password may not. */
export function placeOf(url: string): string {
  const { host, hostname, port, pathname, searchParams } = new URL(url)
  const server =
    host === '' ? (searchParams.get('host') ?? 'localhost') : `${hostname}:${port || 5432}`
  return `${server}${pathname}`
}

/** null = the server is there and the failure another one. */
function reasonOf(error: unknown): DatabaseError | null {
  if (error instanceof ConnectionError) return (error.cause ?? error) as DatabaseError
  return error instanceof ConnectionLostError ? error : null
}

/** Its own answer, other than that it is starting, stopping or full. */
function isRefusal({ code }: DatabaseError): boolean {
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) && !/^(57P|53|08|E)/.test(code)
}

/** One line without the password; `waitMs` = for how long it was tried. */
export function unreachable(
  url: string,
  cause: DatabaseError,
  waitMs = 0,
): CatalogUnreachableError {
  const place = placeOf(url)
  const why = cause.message || cause.code || 'no reason given'
  const waited = waitMs === 0 ? '' : ` (waited ${Math.round(waitMs / 1000)} s)`
  const message = isRefusal(cause)
    ? `the PostgreSQL at ${place} refuses: ${why}${cause.code === '3D000' ? '; `logboy db init` makes it' : ''}`
    : `no PostgreSQL answers at ${place}: ${why}${waited}`
  return new CatalogUnreachableError(message, { cause })
}
