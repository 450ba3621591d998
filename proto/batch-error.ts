/** A batch that is unsound as a whole; the message says where. */
export class BatchError extends Error {
  readonly code = 'LOGBOY_BATCH_INVALID'
  override readonly name = 'BatchError'
}

/** Throws BatchError with `reason` unless the condition holds. */
export function demand(condition: boolean, reason: string): asserts condition {
  if (!condition) throw new BatchError(reason)
}
