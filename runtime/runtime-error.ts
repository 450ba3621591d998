/** The failures that users of the runtime meet, each with a stable code. */
export type RuntimeCode =
  /** The actor has ended for good. */
  | 'LOGBOY_ACTOR_GONE'
  /** The mailbox is full and its policy is to reject. */
  | 'LOGBOY_MAILBOX_FULL'
  /** More senders wait for room than any sane program has: somebody ignores back-pressure. */
  | 'LOGBOY_MAILBOX_FLOODED'
  /** An actor ended although messages were waiting for it. */
  | 'LOGBOY_UNDELIVERED'
  | 'LOGBOY_ASK_TIMEOUT'
  /** As many keyed actors as allowed are alive, and none of them is idle. */
  | 'LOGBOY_KEYED_FULL'
  | 'LOGBOY_SEQUENCER_FULL'
  /** The queue of a worker pool or of a service thread is full. */
  | 'LOGBOY_THREAD_BUSY'
  /** The thread ended before it answered. */
  | 'LOGBOY_THREAD_LOST'
  /** The pool or thread is closed. */
  | 'LOGBOY_THREAD_CLOSED'
  | 'LOGBOY_TASK_UNKNOWN'

export class RuntimeError extends Error {
  readonly code: RuntimeCode

  constructor(code: RuntimeCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'RuntimeError'
    this.code = code
  }
}

/** Whatever was thrown, as an Error. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown })
}

/** An error on its way between threads: structured cloning would drop `code` and other fields. */
export interface ErrorData {
  readonly name: string
  readonly message: string
  readonly stack: string
  readonly fields: Readonly<Record<string, string | number | boolean>>
  readonly cause: ErrorData | null
}

/** How many errors of a chain of causes cross a thread. */
const CAUSES_MAX = 4

export function packError(thrown: unknown, depth = 0): ErrorData {
  const error = toError(thrown)
  const plain = Object.entries(error).filter(([, value]) =>
    ['string', 'number', 'boolean'].includes(typeof value),
  )
  const caused = error.cause !== undefined && depth < CAUSES_MAX
  return {
    name: error.name,
    message: error.message,
    stack: error.stack ?? '',
    fields: Object.fromEntries(plain),
    cause: caused ? packError(error.cause, depth + 1) : null,
  }
}

export function unpackError(data: ErrorData): Error {
  const cause = data.cause === null ? undefined : unpackError(data.cause)
  const error = new Error(data.message, cause === undefined ? undefined : { cause })
  error.stack = data.stack
  return Object.assign(error, data.fields, { name: data.name })
}
