/** Which rows of a long list stand in the document: their places are known, the rest is sums. */
import type { RowHeights } from './row-layout-model.ts'

export interface Viewport {
  readonly scrollTop: number
  readonly height: number
}

export interface VirtualWindow {
  /** First row in the document. */
  readonly first: number
  /** Behind the last row in the document. */
  readonly end: number
}

/** The rows in view and `overscan` more on each side. */
export function windowOf(options: {
  readonly viewport: Viewport
  readonly heights: RowHeights
  readonly overscan: number
}): VirtualWindow {
  const { viewport, heights, overscan } = options
  if (heights.count === 0) return { first: 0, end: 0 }
  const endVisible = heights.indexAt(viewport.scrollTop + viewport.height) + 1
  const end = Math.max(0, Math.min(heights.count, endVisible + overscan))
  return { first: Math.max(0, Math.min(heights.indexAt(viewport.scrollTop) - overscan, end)), end }
}

/** The least scrolling that brings a row fully into view; the same value where it is in view. */
export function scrollToReveal(index: number, viewport: Viewport, heights: RowHeights): number {
  const top = heights.top(index)
  const bottom = heights.top(index + 1)
  // Of a row that is higher than the list the beginning is shown.
  if (top < viewport.scrollTop || bottom - top > viewport.height) return top
  if (bottom > viewport.scrollTop + viewport.height) return bottom - viewport.height
  return viewport.scrollTop
}

/** Where to scroll so that the reader's eyes stay on their row after rows came in above it. */
export function scrollToKeep(options: {
  readonly scrollTop: number
  /** Upper edge of their row, before and after. */
  readonly topBefore: number
  readonly topAfter: number
}): number {
  return Math.max(0, options.scrollTop + options.topAfter - options.topBefore)
}

/** True when the end is so near that the next page should be on its way. */
export function isNearEnd(viewport: Viewport, heights: RowHeights): boolean {
  return viewport.scrollTop + viewport.height * 2 >= heights.total
}
