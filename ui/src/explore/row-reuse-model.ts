/** Which element shows which row after the list was scrolled: what leaves makes what comes in. */

export interface Reuse {
  /** For each row the number of the element that takes it; null = a new one. */
  readonly takes: readonly (number | null)[]
  /** Elements that show nothing any more. */
  readonly left: readonly number[]
  /** Of the elements some stay where they are: others are moved around them. */
  readonly isPartly: boolean
}

/** `before` are the rows of the elements, `rows` those that are to be shown, both in order. */
export function reuse<Row>(before: readonly Row[], rows: readonly Row[]): Reuse {
  const places = new Map(before.map((row, at) => [row, at]))
  const stays = rows.map(row => places.get(row))
  for (const row of rows) places.delete(row)
  const free = [...places.values()]
  const isPartly = free.length < before.length
  const takes = stays.map(at => at ?? free.shift() ?? null)
  return { takes, left: free, isPartly }
}
