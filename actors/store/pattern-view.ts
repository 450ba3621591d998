/**
 * The store as people see it: rows have the ids of their patterns, and a query for a pattern finds
 * the rows of all its wordings. Below it both know wordings alone, which mean the same everywhere.
 */
import { namesPatterns, type PatternGroups } from '#actors/processing/patterns/pattern-groups.ts'
import { bothDone } from './lanes.ts'
import type { LogStore, RowsAsked } from './store.ts'

type Viewed = Pick<LogStore, 'search' | 'analyse' | 'row' | 'patterns' | 'delete' | 'sizeOf'>

export function patternView(store: Viewed & Pick<LogStore, 'patternGroups'>): Viewed {
  const expanding = async <Input extends RowsAsked>(input: Input): Promise<Input> => {
    if (!namesPatterns(input.query.terms)) return input
    const groups = await store.patternGroups(input.projectId, true)
    return { ...input, query: groups.expanded(input.query) }
  }
  return {
    async search(given, signal, watch) {
      const input = await expanding(given)
      const { fields, include, limit } = input
      const place = fields?.indexOf('pattern_id') ?? -1
      const hasIds = include.has('logs') && limit > 0 && (fields === null || place >= 0)
      if (!hasIds) return await store.search(input, signal, watch)
      const [result, groups] = await bothDone(
        store.search(input, signal, watch),
        store.patternGroups(input.projectId, false),
      )
      const logs =
        fields === null ? renamed(result.logs, groups) : renamedAt(place, result.logs, groups)
      return { ...result, logs }
    },
    async analyse(given, signal, watch) {
      return await store.analyse(await expanding(given), signal, watch)
    },
    sizeOf: projectId => store.sizeOf(projectId),
    async delete(given) {
      return await store.delete(await expanding(given))
    },
    async row(projectId, id, signal) {
      const json = await store.row(projectId, id, signal)
      if (json === null) return null
      return (await store.patternGroups(projectId, false)).renamed(json)
    },
    async patterns(given, signal) {
      const result = await store.patterns(await expanding(given), signal)
      const groups = await store.patternGroups(given.projectId, false)
      const patterns = result.patterns.map(pattern => {
        return { ...pattern, examples: renamed(pattern.examples, groups) }
      })
      return { ...result, patterns }
    },
  }
}

function renamed(rows: readonly string[], groups: PatternGroups): string[] {
  return rows.map(json => groups.renamed(json))
}

/** In rows that are arrays of some fields. */
function renamedAt(place: number, rows: readonly string[], groups: PatternGroups): string[] {
  return rows.map(json => {
    const cells = JSON.parse(json) as unknown[]
    const group = groups.groupOf(Number(cells[place]))
    if (group === null) return json
    return JSON.stringify(cells.with(place, String(group.id)))
  })
}
