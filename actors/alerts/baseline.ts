/**
 * What a group's value usually is at this time of day. Time is cut into slots of a quarter of an
 * hour (an hour for long windows), counted from 1970 in UTC; of each slot the value of the window
 * that ends with it is kept, for SEASONS days.
 *
 *   day before    … │ 95 │ 96 │ 97 │ …      a window that ends in slot k is compared with slots
 *   today         … │191 │ k=192           k - 1, k and k + 1 of the days before, or, while too few
 *                                           are known, with all of RECENT_S up to slot k - 2
 *
 * Nothing of what it is compared with has rows of its own window. Everything is a function of the
 * windows that have closed, so that live, replay and backtest are the same.
 */
import type { ByteReader, ByteWriter } from '#actors/processing/windows/byte-stream.ts'

export const SEASON_S = 86_400
export const SEASONS = 7
/** Of up to 21: four days, with three values each. */
export const SEASONAL_SAMPLES_MIN = 12
/** Six hours of them, or a day of hours. */
export const RECENT_SAMPLES_MIN = 24
/** With a gap in it a day still has enough hours. */
export const RECENT_S = 2 * SEASON_S
/** Neighbours of a slot, on each side, that count as the same time of day. */
const NEIGHBOURS = 1

export interface Usual {
  /** Values that it was made of; while it is not known, how many there are of recent ones. */
  readonly samples: number
  readonly isKnown: boolean
  readonly median: number
  /** Median of the distances to the median (MAD). */
  readonly deviation: number
}

export function slotOf(windowS: number): number {
  return windowS <= 900 ? 900 : 3_600
}

export class Baseline {
  readonly #season: number
  readonly #recent: number
  /** Slot k is at k modulo the length; NaN = it has no value. */
  readonly #values: Float32Array
  /** Of the slots that were told. */
  #newest = -1
  #asked = -1
  #usual: Usual = NOTHING

  constructor(windowS: number) {
    this.#season = SEASON_S / slotOf(windowS)
    this.#recent = RECENT_S / slotOf(windowS)
    this.#values = new Float32Array(SEASONS * this.#season + NEIGHBOURS + 1).fill(Number.NaN)
  }

  /** The window that ended with the slot; slots rise. null = it had no value. */
  record(slot: number, value: number | null): void {
    const { length } = this.#values
    const skipped = Math.max(this.#newest + 1, slot - length)
    for (let each = skipped; each < slot; each++) this.#values[each % length] = Number.NaN
    const kept = Math.fround(value ?? Number.NaN)
    this.#values[slot % length] = Number.isFinite(kept) ? kept : Number.NaN
    this.#newest = slot
  }

  /** For windows that end in this slot; those of slots before its own have been recorded. */
  at(slot: number): Usual {
    if (this.#asked !== slot) {
      this.#asked = slot
      this.#usual = this.#find(slot)
    }
    return this.#usual
  }

  write(writer: ByteWriter): void {
    const { length } = this.#values
    const count = Math.min(length, this.#newest + 1)
    writer.f64(this.#newest)
    const held = new Float32Array(count)
    for (let i = 0; i < count; i++) held[i] = this.#values[(this.#newest - i) % length] as number
    // Nothing stands before the first that has a value.
    const known = held.findLastIndex(value => !Number.isNaN(value)) + 1
    writer.u32(known)
    for (const value of held.subarray(0, known)) writer.f32(value)
  }

  static read(windowS: number, reader: ByteReader): Baseline {
    const baseline = new Baseline(windowS)
    const { length } = baseline.#values
    baseline.#newest = reader.f64()
    const count = reader.u32()
    if (count > length) throw new RangeError('a baseline is longer than it can be')
    for (let i = 0; i < count; i++) {
      baseline.#values[(baseline.#newest - i) % length] = reader.f32()
    }
    return baseline
  }

  #find(slot: number): Usual {
    const seasonal = this.#seasonal(slot)
    if (seasonal.length >= SEASONAL_SAMPLES_MIN) return usualOf(seasonal)
    const recent = this.#held(slot - 1 - this.#recent, slot - 2)
    if (recent.length >= RECENT_SAMPLES_MIN) return usualOf(recent)
    return { ...NOTHING, samples: recent.length }
  }

  #seasonal(slot: number): Float64Array {
    const values: number[] = []
    for (let day = 1; day <= SEASONS; day++) {
      const same = slot - day * this.#season
      values.push(...this.#held(same - NEIGHBOURS, same + NEIGHBOURS))
    }
    return Float64Array.from(values)
  }

  /** Values of slots, both ends included. */
  #held(from: number, to: number): Float64Array {
    const { length } = this.#values
    const values: number[] = []
    const first = Math.max(0, from, this.#newest - length + 1)
    for (let slot = first; slot <= Math.min(to, this.#newest); slot++) {
      const value = this.#values[slot % length] as number
      if (!Number.isNaN(value)) values.push(value)
    }
    return Float64Array.from(values)
  }
}

const NOTHING: Usual = { samples: 0, isKnown: false, median: 0, deviation: 0 }

function usualOf(values: Float64Array): Usual {
  const median = medianOf(values)
  const deviation = medianOf(values.map(value => Math.abs(value - median)))
  return { samples: values.length, isKnown: true, median, deviation }
}

/** Sorts them; there is at least one. */
function medianOf(values: Float64Array): number {
  values.sort()
  const middle = values.length >> 1
  const upper = values[middle] as number
  return values.length % 2 === 1 ? upper : ((values[middle - 1] as number) + upper) / 2
}
