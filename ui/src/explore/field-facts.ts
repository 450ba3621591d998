/** Which fields the logs of the range have, and which values: asked when somebody wants them. */
import { type Accessor, createMemo, createSignal } from 'solid-js'
import {
  type FacetValueFact,
  type FieldFact,
  type LogFilter,
  readFacets,
  readFields,
} from '../api/facts.ts'
import { createAsked } from '../kit/asked.ts'
import type { SearchScope } from './search-model.ts'

export interface FieldFacts {
  /** Most frequent first; none until they are wanted and have come. */
  readonly fields: Accessor<readonly FieldFact[]>
  readonly busy: Accessor<boolean>
  readonly want: () => void
  /** The most frequent values of a field among all logs of the range. */
  readonly values: (field: string, signal: AbortSignal) => Promise<readonly FacetValueFact[]>
}

const VALUES = 50
/** Values of some fields that are remembered for a range. */
const FIELDS_KEPT = 20

export function createFieldFacts(scope: Accessor<SearchScope | null>): FieldFacts {
  const [wanted, setWanted] = createSignal(false)
  const filter = createMemo((): LogFilter | null => {
    const known = scope()
    return known === null ? null : rangeFilter(known)
  })
  const { answer, busy } = createAsked(() => (wanted() ? filter() : null), readFields)
  let remembered = new Map<string, readonly FacetValueFact[]>()
  let rememberedFor: LogFilter | null = null
  return {
    fields: () => answer()?.fields ?? [],
    busy,
    want: () => setWanted(true),
    async values(field, signal) {
      const asked = filter()
      if (asked === null) return []
      if (rememberedFor !== asked || remembered.size > FIELDS_KEPT) remembered = new Map()
      rememberedFor = asked
      const known = remembered.get(field)
      if (known !== undefined) return known
      const found = await readFacets({ ...asked, fields: [field], limit: VALUES }, signal)
      const values = found.facets[0]?.values ?? []
      remembered.set(field, values)
      return values
    },
  }
}

/** Everything of the range, whatever is looked for in it. */
export function rangeFilter({ project, fromMs, toMs }: SearchScope): LogFilter {
  return {
    project,
    start_time: new Date(fromMs).toISOString(),
    ...(toMs === null ? {} : { end_time: new Date(toMs).toISOString() }),
  }
}

/** What the rows are filtered by, without stages. */
export function scopeFilter(scope: SearchScope): LogFilter {
  return {
    ...rangeFilter(scope),
    ...(scope.conditions === '' ? {} : { query: scope.conditions }),
    ...(scope.levels.length === 0 ? {} : { levels: scope.levels }),
    ...(scope.services.length === 0 ? {} : { services: scope.services }),
  }
}
