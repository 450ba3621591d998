/** What the live stream brought since it began, by service and level. */
import type { Level, Row } from '#proto/api.ts'

export type LevelCounts = Readonly<Partial<Record<Level, number>>>
export type ServiceLevels = ReadonlyMap<string, LevelCounts>

export function withStreamed(levels: ServiceLevels, rows: readonly Row[]): ServiceLevels {
  const sum = new Map(levels)
  for (const { service, level } of rows) {
    const known = sum.get(service)
    sum.set(service, { ...known, [level]: (known?.[level] ?? 0) + 1 })
  }
  return sum
}

/** What was counted when `before` had been streamed, and what was streamed since. */
export function movedOn(
  counted: ServiceLevels,
  before: ServiceLevels,
  now: ServiceLevels,
): ServiceLevels {
  const sum = new Map(counted)
  for (const [service, levels] of now) {
    const all: Partial<Record<Level, number>> = { ...sum.get(service) }
    for (const [level, count] of Object.entries(levels) as [Level, number][]) {
      const fresh = count - (before.get(service)?.[level] ?? 0)
      if (fresh > 0) all[level] = (all[level] ?? 0) + fresh
    }
    if (Object.keys(all).length > 0) sum.set(service, all)
  }
  return sum
}
