export type StoreErrorCode =
  | 'LOGBOY_CURSOR_INVALID'
  | 'LOGBOY_SEARCH_BUSY'
  | 'LOGBOY_QUERY_TOO_DEAR'
  | 'LOGBOY_STORE_AWAY'
  | 'LOGBOY_STORE_CLOSED'
  | 'LOGBOY_STORE_DISK'

/** What a caller of the store may have to tell its own caller. */
export class StoreError extends Error {
  readonly code: StoreErrorCode

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'StoreError'
    this.code = code
  }
}
