/** What callers of REST and tail read when the catalog cannot do what they asked for. */
import { CatalogAwayError } from '#actors/catalog/catalog-away.ts'
import { CatalogConflictError } from '#actors/catalog/sql-catalog.ts'
import { HttpProblem } from '#actors/http/problem.ts'

const RETRY_AFTER_MS = 1_000
/** SQL's names for a text with NUL: as it is, and in JSON. */
const UNKEPT_CODES: readonly unknown[] = ['22021', '22P05']
/** What is sent as JSON is JSON but for half a surrogate pair, which has no name of its own. */
const UNKEPT_JSON = 'invalid input syntax for type json'

/** The same handler; errors of the catalog become problems of the caller. */
export function tellingCatalog<Request, Answer>(
  handle: (request: Request) => Answer | Promise<Answer>,
): (request: Request) => Promise<Answer> {
  return async request => {
    try {
      return await handle(request)
    } catch (error) {
      throw problemOf(error)
    }
  }
}

function problemOf(error: unknown): unknown {
  if (error instanceof CatalogConflictError) {
    return new HttpProblem('LOGBOY_NAME_TAKEN', error.message, { cause: error })
  }
  if (isUnkeptText(error)) {
    const detail = 'a text has a character that cannot be kept: NUL, or half of a surrogate pair'
    return new HttpProblem('LOGBOY_BAD_REQUEST', detail, { cause: error })
  }
  if (!(error instanceof CatalogAwayError)) return error
  const detail = error.mayHaveHappened
    ? 'the catalog went away while this was being saved; look whether it was before you repeat it'
    : 'the catalog is away, nothing was changed; try again'
  const options = { retryAfterMs: RETRY_AFTER_MS, cause: error }
  return new HttpProblem('LOGBOY_CATALOG_AWAY', detail, options)
}

function isUnkeptText(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const isUnkept = 'code' in error && UNKEPT_CODES.includes(error.code)
  return isUnkept || error.message.startsWith(UNKEPT_JSON) || isUnkeptText(error.cause)
}
