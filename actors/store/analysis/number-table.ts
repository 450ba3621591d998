/**
 * How often each number comes in each service, over many row groups. A number is looked up once for
 * each dictionary that has it, not for each service as well; then it has a place in each one's array.
 */
import { NumberInterner } from '../parquet/interner.ts'

const PLACES_MIN = 1_024
const NOWHERE = -1

export class NumberTable {
  readonly #values = new NumberInterner()
  /** Rows of each number; of one task they are fewer than 2^32. */
  readonly #services = new Map<string, Uint32Array>()

  /** Places that are held. */
  get places(): number {
    return this.#values.size * this.#services.size
  }

  /** The place of each entry of a dictionary; negative = it is no finite number. */
  placesOf(entries: Float64Array): Int32Array {
    const places = new Int32Array(entries.length)
    for (let code = 0; code < entries.length; code++) {
      const entry = entries[code] as number
      places[code] = Number.isFinite(entry) ? this.#values.intern(entry) : NOWHERE
    }
    return places
  }

  /** Adds rows to numbers of a service: `codes` are entries of a dictionary. */
  add(service: string, places: Int32Array, codes: Uint32Array, rows: Uint32Array): void {
    const times = this.#timesOf(service)
    for (let i = 0; i < codes.length; i++) {
      const place = places[codes[i] as number] as number
      if (place >= 0) times[place] = (times[place] as number) + (rows[i] as number)
    }
  }

  /** Different numbers and how often each comes, service by service; valid until the next one. */
  *services(): Generator<
    readonly [service: string, values: Float64Array, times: Float64Array],
    void,
    void
  > {
    const all = this.#values.numbers
    const [values, times] = [new Float64Array(all.length), new Float64Array(all.length)]
    for (const [service, rows] of this.#services) {
      let count = 0
      const end = Math.min(all.length, rows.length)
      for (let place = 0; place < end; place++) {
        if (rows[place] === 0) continue
        values[count] = all[place] as number
        times[count++] = rows[place] as number
      }
      yield [service, values.subarray(0, count), times.subarray(0, count)]
    }
  }

  #timesOf(service: string): Uint32Array {
    const known = this.#services.get(service)
    if (known !== undefined && known.length >= this.#values.size) return known
    const times = new Uint32Array(Math.max(PLACES_MIN, this.#values.size * 2))
    if (known !== undefined) times.set(known)
    this.#services.set(service, times)
    return times
  }
}
