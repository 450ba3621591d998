/** A file that a newer program wrote. Nothing was changed. */
export class NewerDataError extends Error {
  readonly code = 'LOGBOY_DATA_NEWER'

  constructor(path: string, what: string) {
    super(`${path} was written by a newer Logboy (${what}); nothing was changed`)
    this.name = 'NewerDataError'
  }
}
