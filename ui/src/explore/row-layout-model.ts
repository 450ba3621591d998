/** How rows are laid out: the grid of their columns, their lines, and how high each row is. */
import type { Row } from '#proto/api.ts'
import type { Column } from './columns-model.ts'
import { wrappedLines } from './row-text-model.ts'

export const DENSITIES = ['compact', 'normal', 'roomy'] as const
export type Density = (typeof DENSITIES)[number]

export interface LayoutWish {
  /** Pixels that the list has. */
  readonly width: number
  readonly columns: readonly Column[]
  /** The rows stretch over more than a day: times need a date. */
  readonly dated: boolean
  readonly density: Density
  readonly wrap: boolean
  /** Of the font that messages are written in. */
  readonly charWidth: number
}

export interface RowLayout {
  /** Where there is no room for columns the message stands below the others. */
  readonly stacked: boolean
  /** For `grid-template-columns`. */
  readonly template: string
  /** What the columns need. */
  readonly widthMin: number
  readonly lineHeight: number
  /** Of a row of one line of message. */
  readonly rowHeight: number
  /** null = messages are one line. */
  readonly charsPerLine: number | null
}

const TIME_WIDTH = 104
const DATED_WIDTH = 152
const LEVEL_WIDTH = 52
const GAP = 12
/** Left and right of a row. */
const EDGES = 29
const MESSAGE_MIN = 280
const STACKED_BELOW = 620
const STACKED_META = 19
const STACKED_PADDING = 7
const LINE_HEIGHTS: Readonly<Record<Density, number>> = { compact: 20, normal: 26, roomy: 34 }
const WRAPPED_LINE = 18

export function layoutOf(wish: LayoutWish): RowLayout {
  const { width, columns, dated, density, wrap, charWidth } = wish
  const stacked = width < STACKED_BELOW
  const fixed = [dated ? DATED_WIDTH : TIME_WIDTH, LEVEL_WIDTH, ...columns.map(each => each.width)]
  const taken = fixed.reduce((sum, each) => sum + each + GAP, EDGES)
  const message = stacked ? width - EDGES : Math.max(MESSAGE_MIN, width - taken)
  const lineHeight = wrap || stacked ? WRAPPED_LINE : LINE_HEIGHTS[density]
  return {
    stacked,
    template: `${fixed.map(each => `${each}px`).join(' ')} minmax(${MESSAGE_MIN}px, 1fr)`,
    widthMin: stacked ? 0 : taken + MESSAGE_MIN,
    lineHeight,
    rowHeight: stacked ? STACKED_META + WRAPPED_LINE + STACKED_PADDING : LINE_HEIGHTS[density],
    charsPerLine: wrap ? Math.max(10, Math.floor(message / charWidth)) : null,
  }
}

/** Where rows stand in the list. */
export interface RowHeights {
  readonly count: number
  /** Of all rows. */
  readonly total: number
  /** Upper edge of a row; of `count` the lower edge of the last one. */
  top(index: number): number
  /** The row at a height, the last one below the end; 0 where there is none. */
  indexAt(y: number): number
}

export function evenHeights(count: number, rowHeight: number): RowHeights {
  return {
    count,
    total: count * rowHeight,
    top: index => index * rowHeight,
    indexAt: y => Math.max(0, Math.min(count - 1, Math.floor(y / rowHeight))),
  }
}

export function heightsOf(rows: readonly Row[], layout: RowLayout): RowHeights {
  const { charsPerLine, lineHeight, rowHeight } = layout
  if (charsPerLine === null) return evenHeights(rows.length, rowHeight)
  const tops = new Float64Array(rows.length + 1)
  for (const [index, row] of rows.entries()) {
    const more = (linesOf(row, charsPerLine) - 1) * lineHeight
    tops[index + 1] = (tops[index] ?? 0) + rowHeight + more
  }
  return {
    count: rows.length,
    total: tops[rows.length] ?? 0,
    top: index => tops[Math.max(0, Math.min(rows.length, index))] ?? 0,
    indexAt: y => lastBelow(tops, y),
  }
}

/** Rows never change: their lines are counted once for each width. */
const counted = new WeakMap<Row, { readonly charsPerLine: number; readonly lines: number }>()

function linesOf(row: Row, charsPerLine: number): number {
  const known = counted.get(row)
  if (known?.charsPerLine === charsPerLine) return known.lines
  const lines = wrappedLines(row, charsPerLine)
  counted.set(row, { charsPerLine, lines })
  return lines
}

function lastBelow(tops: Float64Array, y: number): number {
  let low = 0
  let high = Math.max(0, tops.length - 2)
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((tops[middle] ?? 0) <= y) low = middle
    else high = middle - 1
  }
  return low
}
