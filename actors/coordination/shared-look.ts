/**
 * Of many processes that look whether there is something to do, one does: of those that a hint
 * wakes the first, and without hints one in a while. Whoever is spared looks again soon, so that of
 * one that dies another goes on; what may be done, and by whom, is decided where it is looked.
 */
import type { Random } from '#runtime/random.ts'
import type { Coordination } from './coordination.ts'

/** What wakes those that look; made anew for each thing that happens. */
export type LookHint = string

/** Hints arrive within a moment, or never. */
const HINT_MS = 10_000

export function newHint(random: Random): LookHint {
  return Buffer.from(random.bytes(9)).toString('base64url')
}

export class SharedLook {
  readonly #coordination: Pick<Coordination, 'claim'>
  readonly #name: string
  readonly #everyMs: number

  /** `name`: of those that look after the same. `everyMs`: a little less than they wait. */
  constructor(coordination: Pick<Coordination, 'claim'>, name: string, everyMs: number) {
    this.#coordination = coordination
    this.#name = name
    this.#everyMs = everyMs
  }

  /** Whether to look; `hint`: what says that there is something, null = that it is time. */
  isMine(hint: LookHint | null): Promise<boolean> {
    const key = `look:${this.#name}`
    if (hint === null) return this.#coordination.claim(key, this.#everyMs)
    return this.#coordination.claim(`${key}:${hint}`, HINT_MS)
  }
}
