import type { MinuteCounts } from './layout.ts'
import type { OrderKeys } from './row-order.ts'

const MINUTE_US = 60_000_000
export const LEVEL_COUNT = 6

/** Counts rows per (minute, service, level). `order` has alike rows side by side, which makes it quick. */
export function countMinutes(
  order: Uint32Array,
  keys: Pick<OrderKeys, 'timeUs' | 'services' | 'levels'>,
  services: readonly string[],
): MinuteCounts {
  const { timeUs, levels } = keys
  const counts = new Map<number, number>()
  let lastKey = -1
  let run = 0
  for (let place = 0; place < order.length; place++) {
    const row = order[place] as number
    const minute = Math.floor((timeUs[row] as number) / MINUTE_US)
    const key =
      (minute * services.length + (keys.services[row] as number)) * LEVEL_COUNT +
      (levels[row] as number)
    if (key !== lastKey) {
      if (run > 0) counts.set(lastKey, (counts.get(lastKey) ?? 0) + run)
      lastKey = key
      run = 0
    }
    run++
  }
  if (run > 0) counts.set(lastKey, (counts.get(lastKey) ?? 0) + run)
  return tableOf(Float64Array.from(counts.keys()).sort(), counts, services)
}

function tableOf(
  keys: Float64Array,
  counts: ReadonlyMap<number, number>,
  services: readonly string[],
): MinuteCounts {
  const minute = new Int32Array(keys.length)
  const service = new Uint16Array(keys.length)
  const level = new Uint8Array(keys.length)
  const count = new Uint32Array(keys.length)
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] as number
    const pair = Math.floor(key / LEVEL_COUNT)
    level[index] = key % LEVEL_COUNT
    service[index] = pair % services.length
    minute[index] = Math.floor(pair / services.length)
    count[index] = counts.get(key) as number
  }
  return { services, minute, service, level, count }
}
