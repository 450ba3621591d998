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
  let [minute, service, level, run] = [0, 0, 0, 0]
  const add = (): void => {
    const key = (minute * services.length + service) * LEVEL_COUNT + level
    if (run > 0) counts.set(key, (counts.get(key) ?? 0) + run)
  }
  for (let place = 0; place < order.length; place++, run++) {
    const row = order[place] as number
    const offsetUs = (timeUs[row] as number) - minute * MINUTE_US
    const isSame = offsetUs >= 0 && offsetUs < MINUTE_US
    if (isSame && keys.services[row] === service && levels[row] === level) continue
    add()
    run = 0
    minute = Math.floor((timeUs[row] as number) / MINUTE_US)
    service = keys.services[row] as number
    level = levels[row] as number
  }
  add()
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
