/** Why a server could not listen, in one line that tells what to do. */
export type ListenErrorCode =
  | 'LOGBOY_PORT_TAKEN'
  | 'LOGBOY_LISTEN_FAILED'
  | 'LOGBOY_DRIVER_MISSING'
  | 'LOGBOY_TLS_INVALID'

export class ListenError extends Error {
  readonly code: ListenErrorCode

  constructor(code: ListenErrorCode, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'ListenError'
    this.code = code
  }
}

/** The error of a port that somebody else listens on. */
export function portTaken(host: string, port: number, cause?: unknown): ListenError {
  const message = `port ${port} on ${host} is taken by another program, or the address is not ours`
  return new ListenError('LOGBOY_PORT_TAKEN', message, cause)
}
