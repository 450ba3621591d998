/** Larger ones are not kept from one row group to the next. */
const KEPT_ELEMENTS_MAX = 4 * 1024 * 1024

/**
 * An array that a thread uses for one row group after the other: allocating megabytes anew for each
 * makes the garbage collector stop everything. Its content is undefined after every `take`, and it
 * is valid until the next one.
 */
export class Scratch<Kept extends { readonly length: number }> {
  readonly #allocate: (length: number) => Kept
  #kept: Kept

  constructor(allocate: (length: number) => Kept) {
    this.#allocate = allocate
    this.#kept = allocate(0)
  }

  /** At least `length` elements. */
  take(length: number): Kept {
    if (length <= this.#kept.length) return this.#kept
    const larger = this.#allocate(Math.ceil(length * 1.25))
    if (larger.length <= KEPT_ELEMENTS_MAX) this.#kept = larger
    return larger
  }
}
