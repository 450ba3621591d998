/** The catalog cannot be asked right now: whoever may, goes on without it; all others are told. */
export class CatalogAwayError extends Error {
  readonly code = 'LOGBOY_CATALOG_AWAY'
  /** The connection broke while a change was being committed: only a look tells whether it was. */
  readonly mayHaveHappened: boolean
  /** The next attempt may well succeed. */
  readonly passing: boolean

  constructor(
    message: string,
    options: { mayHaveHappened?: boolean; passing?: boolean; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause })
    this.mayHaveHappened = options.mayHaveHappened ?? false
    this.passing = options.passing ?? false
  }
}

/** A connection that was there broke, or did not answer in time. */
export class ConnectionLostError extends Error {
  readonly code = 'LOGBOY_CONNECTION_LOST'
}
