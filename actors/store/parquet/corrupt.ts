/** A segment or its index is not what was written: never a wrong answer, always this error. */
export class SegmentCorruptError extends Error {
  readonly code = 'LOGBOY_SEGMENT_CORRUPT'

  constructor(reason: string) {
    super(`segment is corrupt: ${reason}`)
    this.name = 'SegmentCorruptError'
  }
}

/** Asserts what every byte of a whole segment fulfils. */
export function proven(condition: boolean, reason: string): asserts condition {
  if (!condition) throw new SegmentCorruptError(reason)
}
