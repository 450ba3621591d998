/** How rows are laid out: the grid of their columns, their lines, and how high each row is. */
import type { Row } from '#proto/api.ts'
import type { Column } from './columns-model.ts'
import type { DeepPage, RowSequence } from './row-sequence.ts'
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

export function heightsOf(rows: RowSequence, layout: RowLayout): RowHeights {
  const { charsPerLine, rowHeight } = layout
  if (charsPerLine === null) return evenHeights(rows.count, rowHeight)
  const head = wrappedHeights(rows.head, layout, charsPerLine)
  return rows.pages.length === 0
    ? head
    : stacked([head, ...rows.pages.map(page => pageHeights(page, layout, charsPerLine))])
}

/** As they were when the rows of the page were last here: what goes does not move the others. */
const measured = new WeakMap<object, { readonly of: string; readonly heights: RowHeights }>()

function pageHeights(page: DeepPage, layout: RowLayout, charsPerLine: number): RowHeights {
  const { key, rows, count } = page
  const of = `${count} ${charsPerLine} ${layout.rowHeight}`
  const known = measured.get(key)
  if (known?.of === of) return known.heights
  if (rows === null) return evenHeights(count, layout.rowHeight)
  const heights = wrappedHeights(rows, layout, charsPerLine)
  measured.set(key, { of, heights })
  return heights
}

/** One below the other. */
function stacked(parts: readonly RowHeights[]): RowHeights {
  const starts = [{ first: 0, top: 0 }]
  for (const { count, total } of parts) {
    const { first, top } = starts.at(-1) ?? { first: 0, top: 0 }
    starts.push({ first: first + count, top: top + total })
  }
  const end = starts[parts.length] ?? { first: 0, top: 0 }
  const at = (isBelow: (start: { readonly first: number; readonly top: number }) => boolean) => {
    const part = Math.max(
      0,
      starts.findLastIndex((start, i) => i < parts.length && isBelow(start)),
    )
    return { start: starts[part] ?? end, heights: parts[part] }
  }
  return {
    count: end.first,
    total: end.top,
    top(index) {
      const { start, heights } = at(({ first }) => first <= index)
      return start.top + (heights?.top(index - start.first) ?? 0)
    },
    indexAt(y) {
      const { start, heights } = at(({ top }) => top <= y)
      return start.first + (heights?.indexAt(y - start.top) ?? 0)
    },
  }
}

function wrappedHeights(
  rows: readonly Row[],
  { lineHeight, rowHeight }: RowLayout,
  charsPerLine: number,
): RowHeights {
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
