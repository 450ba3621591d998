/**
 * Scrolling through more than a browser can be tall: Firefox ends at 17.8 million pixels, Chromium
 * at 33.5, and both are blurred before. The element stays below SPACE_MAX. Small moves move the
 * list by as much; a jump (the thumb is dragged, a key goes to the end) goes to the same share of
 * the list. Where small moves have led away from that share it is set right, unseen.
 */
export const SPACE_MAX = 8_000_000
/** The element may be so far from its share of the list. */
const DRIFT_MAX = 400_000

export interface Scrolled {
  /** In the list. */
  readonly top: number
  /** Where the element has to be scrolled to. */
  readonly elementTop: number
}

export function spaceOf(total: number): number {
  return Math.min(total, SPACE_MAX)
}

/** The element was scrolled from where `before` has it. */
export function scrolled(
  before: Scrolled,
  elementTop: number,
  list: { readonly total: number; readonly height: number },
): Scrolled {
  const { total, height } = list
  const [most, elementMost] = [Math.max(0, total - height), Math.max(0, spaceOf(total) - height)]
  if (most === elementMost) return { top: elementTop, elementTop }
  const moved = elementTop - before.elementTop
  const isJump = Math.abs(moved) > 4 * height
  if (isJump) return { top: Math.round((elementTop / elementMost) * most), elementTop }
  const top = Math.min(most, Math.max(0, before.top + moved))
  const share = Math.round((top / most) * elementMost)
  const isNearEnd = elementTop < 2 * height || elementTop > elementMost - 2 * height
  const isAstray = Math.abs(share - elementTop) > (isNearEnd ? 0 : DRIFT_MAX)
  return { top, elementTop: isAstray ? share : elementTop }
}

/** Goes to a place of the list. */
export function scrolledTo(
  top: number,
  list: { readonly total: number; readonly height: number },
): Scrolled {
  const { total, height } = list
  const [most, elementMost] = [Math.max(0, total - height), Math.max(0, spaceOf(total) - height)]
  const inside = Math.min(most, Math.max(0, top))
  const share = most === 0 ? 0 : Math.round((inside / most) * elementMost)
  return { top: inside, elementTop: most === elementMost ? inside : share }
}
