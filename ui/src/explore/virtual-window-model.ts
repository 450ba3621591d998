/** Which rows of a long list stand in the document: all have one height, the rest is arithmetic. */

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
  readonly rowHeight: number
  readonly count: number
  readonly overscan: number
}): VirtualWindow {
  const { viewport, rowHeight, count, overscan } = options
  const firstVisible = Math.floor(viewport.scrollTop / rowHeight)
  const endVisible = Math.ceil((viewport.scrollTop + viewport.height) / rowHeight)
  const end = Math.max(0, Math.min(count, endVisible + overscan))
  return { first: Math.max(0, Math.min(firstVisible - overscan, end)), end }
}

/** The least scrolling that brings a row fully into view; the same value where it is in view. */
export function scrollToReveal(index: number, viewport: Viewport, rowHeight: number): number {
  const top = index * rowHeight
  const bottom = top + rowHeight
  if (top < viewport.scrollTop) return top
  if (bottom > viewport.scrollTop + viewport.height) return bottom - viewport.height
  return viewport.scrollTop
}

/** Where to scroll so that the reader's eyes stay on their row after rows came in above it. */
export function scrollToKeep(options: {
  readonly viewport: Viewport
  readonly rowHeight: number
  readonly indexBefore: number
  readonly indexAfter: number
}): number {
  const { viewport, rowHeight, indexBefore, indexAfter } = options
  return Math.max(0, viewport.scrollTop + (indexAfter - indexBefore) * rowHeight)
}

/** True when the end is so near that the next page should be on its way. */
export function isNearEnd(viewport: Viewport, rowHeight: number, count: number): boolean {
  return viewport.scrollTop + viewport.height * 2 >= count * rowHeight
}
