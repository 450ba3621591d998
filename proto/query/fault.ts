/** What is wrong with a query, and where. */
export interface QueryFault {
  /** UTF-16 unit of the text at which the fault is. */
  readonly position: number
  /** How many units it has; at least 1 unless it is the end of the text. */
  readonly length: number
  readonly message: string
  /** What would have been right there. */
  readonly expected: string
  /** What could be written instead, whole query; null = no idea. */
  readonly suggestion: string | null
}

/** Thrown inside the parser only. */
export class QueryFaultError extends Error {
  readonly fault: QueryFault

  constructor(fault: QueryFault) {
    super(fault.message)
    this.fault = fault
  }
}
