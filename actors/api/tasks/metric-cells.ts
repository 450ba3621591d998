/** Task: points of a page put together. */
import { type CellsWish, cellsOf, type MetricCell } from '../metric-cells.ts'

export interface MetricCellsInput {
  /** UTF-8: rows as JSON, a line each. */
  readonly page: Uint8Array
  readonly wish: CellsWish
}

export function metricCells({ page, wish }: MetricCellsInput): MetricCell[] {
  const text = new TextDecoder().decode(page)
  return text === '' ? [] : cellsOf(text.split('\n'), wish)
}
