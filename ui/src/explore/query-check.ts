/** Finds what is wrong with a query before it is sent, and where. */
export interface QueryProblem {
  readonly reason: string
  /** Characters [from, to) of the text. */
  readonly from: number
  readonly to: number
}

export function checkQuery(text: string): QueryProblem | null {
  void text
  return null
}
