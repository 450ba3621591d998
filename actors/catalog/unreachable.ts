/** Why there is no working with a PostgreSQL, in one line without its password. */
import { ConnectionError } from 'slonik'
import { ConnectionLostError } from './catalog-away.ts'
import type { DatabaseError } from './driver-mapping.ts'

export class CatalogUnreachableError extends Error {
  /** Nothing answers, which may pass; or the server itself says no, which will not. */
  readonly code: 'LOGBOY_CATALOG_UNREACHABLE' | 'LOGBOY_CATALOG_REFUSED'

  constructor(url: string, cause: DatabaseError) {
    const place = placeOf(url)
    const why = cause.message || cause.code || 'no reason given'
    const hint = cause.code === NO_SUCH_DATABASE ? '; `logboy db init` makes it' : ''
    super(
      isRefusal(cause)
        ? `the PostgreSQL at ${place} refuses: ${why}${hint}`
        : `no PostgreSQL answers at ${place}: ${why}`,
      { cause },
    )
    this.code = isRefusal(cause) ? 'LOGBOY_CATALOG_REFUSED' : 'LOGBOY_CATALOG_UNREACHABLE'
  }

  get isMissing(): boolean {
    return (this.cause as DatabaseError).code === NO_SUCH_DATABASE
  }
}

const NO_SUCH_DATABASE = '3D000'

/** Errors of connecting become that one; others stay what they are. */
export async function tellingWhere<Result>(
  url: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof ConnectionLostError) throw new CatalogUnreachableError(url, error)
    if (!(error instanceof ConnectionError)) throw error
    throw new CatalogUnreachableError(url, (error.cause ?? error) as DatabaseError)
  }
}

/** Host, port and database: an address as it may be shown, which its password may not. */
export function placeOf(url: string): string {
  const { host, hostname, port, pathname, searchParams } = new URL(url)
  const server =
    host === '' ? (searchParams.get('host') ?? 'localhost') : `${hostname}:${port || 5432}`
  return `${server}${pathname}`
}

/** An SQLSTATE other than that it is starting, stopping or full. */
function isRefusal({ code }: DatabaseError): boolean {
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) && !/^(57P|53|08|E)/.test(code)
}
