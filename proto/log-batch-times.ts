/**
 * The time column of a LogBatch: base in nanoseconds, deltas in units, read exactly with numbers
 * that never pass 2^53 and without a BigInt per record.
 */
import { BatchError, demand } from './batch-error.ts'
import { isSet } from './bitmap.ts'
import { readZigZagNumbers } from './wire.ts'

/** The time column as it stands in the batch. */
export interface EncodedTimes {
  readonly count: number
  readonly baseLow: number
  readonly baseHigh: number
  readonly unitNs: number
  /** Packed sint64; holds exactly `count`. */
  readonly deltas: Uint8Array
  readonly missing: Uint8Array | null
}

export interface Times {
  /** Whole microseconds since 1970; 0 where missing. */
  readonly timeUs: Float64Array
  /** Nanoseconds within the microsecond; null = all 0. */
  readonly timeSubNs: Uint16Array | null
}

/** Adds up the deltas; throws BatchError where a time is not exact as a number. */
export function readTimes(encoded: EncodedTimes): Times {
  const { missing, unitNs } = encoded
  const timeUs = readZigZagNumbers(encoded.deltas, encoded.count)
  sumDeltas(timeUs, missing)
  const base = splitBase(encoded.baseHigh >>> 0, encoded.baseLow >>> 0)
  demand(unitNs <= 1 || unitNs === 1_000 || unitNs === 1_000_000, `time unit of ${unitNs} ns`)
  const timeSubNs =
    unitNs <= 1 ? addToNs(timeUs, base) : addToUs(timeUs, { ...base, unitUs: unitNs / 1_000 })
  if (missing !== null) clearMissing({ timeUs, timeSubNs }, missing)
  return { timeUs, timeSubNs }
}

interface Base {
  readonly us: number
  readonly subNs: number
}

/** high * 2^32 + low nanoseconds, taken apart so that no intermediate result passes 2^53. */
function splitBase(high: number, low: number): Base {
  const rest = (high % 1_000) * 0x1_0000_0000 + low
  const us = Math.floor(high / 1_000) * 0x1_0000_0000 + Math.floor(rest / 1_000)
  demand(Number.isSafeInteger(us), TOO_LATE)
  return { us, subNs: rest % 1_000 }
}

const TOO_LATE = 'time beyond 2^53 microseconds'

function sumDeltas(deltas: Float64Array, missing: Uint8Array | null): void {
  let sum = 0
  for (let i = 0; i < deltas.length; i++) {
    const delta = deltas[i] as number
    if (missing !== null && delta !== 0 && isSet(missing, i)) {
      throw new BatchError('a record without a time has a time delta')
    }
    sum += delta
    if (!Number.isSafeInteger(sum)) throw new BatchError('times further apart than 2^53 units')
    deltas[i] = sum
  }
}

/**
 * Sums of whole µs or ms: a product beyond 2^53 is a multiple of 1000, so still exact when it is
 * judged.
 */
function addToUs(times: Float64Array, base: Base & { unitUs: number }): Uint16Array | null {
  for (let i = 0; i < times.length; i++) {
    const time = base.us + (times[i] as number) * base.unitUs
    if (!Number.isSafeInteger(time)) throw new BatchError(TOO_LATE)
    times[i] = time
  }
  return base.subNs === 0 ? null : new Uint16Array(times.length).fill(base.subNs)
}

function addToNs(times: Float64Array, base: Base): Uint16Array | null {
  const subNs = new Uint16Array(times.length)
  let seen = 0
  for (let i = 0; i < times.length; i++) {
    const sum = times[i] as number
    // The quotient may round up to the next integer, which leaves a rest of -1 and is put right
    // below.
    let us = Math.floor(sum / 1_000)
    let rest = sum - us * 1_000 + base.subNs
    if (rest < 0) {
      us -= 1
      rest += 1_000
    } else if (rest >= 1_000) {
      us += 1
      rest -= 1_000
    }
    us += base.us
    if (!Number.isSafeInteger(us)) throw new BatchError(TOO_LATE)
    times[i] = us
    subNs[i] = rest
    seen |= rest
  }
  return seen === 0 ? null : subNs
}

function clearMissing({ timeUs, timeSubNs }: Times, missing: Uint8Array): void {
  for (let i = 0; i < timeUs.length; i++) {
    if (!isSet(missing, i)) continue
    timeUs[i] = 0
    if (timeSubNs !== null) timeSubNs[i] = 0
  }
}
