/** What callers of REST and tail read when the catalog cannot do what they asked for. */
import { CatalogAwayError } from '#actors/catalog/catalog-away.ts'
import { CatalogConflictError } from '#actors/catalog/sql-catalog.ts'
import { HttpProblem } from '#actors/http/problem.ts'

const RETRY_AFTER_MS = 1_000

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
  if (!(error instanceof CatalogAwayError)) return error
  const detail = error.mayHaveHappened
    ? 'the catalog went away while this was being saved; look whether it was before you repeat it'
    : 'the catalog is away, nothing was changed; try again'
  const options = { retryAfterMs: RETRY_AFTER_MS, cause: error }
  return new HttpProblem('LOGBOY_CATALOG_AWAY', detail, options)
}
