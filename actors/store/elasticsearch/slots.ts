/**
 * Slots: the minutes in which rows were received, by which an index is sorted first. A range of
 * them is one run of an index, so conditions on the exact time of receipt, which has no index of
 * its own, look at the rows of a few slots alone.
 */

/** Rows that one wording needs to lie together come within it; newest rows are found within one. */
const SLOT_US = 5 * 60_000_000

/** The start of the slot of a time of receipt, both in µs. */
export function slotOf(receivedAtUs: number): number {
  return Math.floor(receivedAtUs / SLOT_US) * SLOT_US
}
