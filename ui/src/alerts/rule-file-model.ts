/** What the server says of a file of rules, and where that is in its text. */
export interface FileFault {
  /** From 1. */
  readonly line: number
  readonly column: number
  readonly message: string
}

/** Lines as `line 3, column 5: what is wrong`; none where the problem is another one. */
export function fileFaults(problem: string): readonly FileFault[] {
  return problem.split('\n').flatMap(text => {
    const [, line, column, message = ''] = /^line (\d+), column (\d+): (.*)$/.exec(text) ?? []
    if (line === undefined) return []
    return [{ line: Number(line), column: Number(column), message }]
  })
}

/** Index of a place in a text. */
export function offsetOf(text: string, line: number, column: number): number {
  const before = text.split('\n').slice(0, line - 1)
  const start = before.reduce((sum, each) => sum + each.length + 1, 0)
  return Math.min(text.length, start + column - 1)
}
