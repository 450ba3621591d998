/** Tells who found nothing which fields of the query no row has: mostly they are misspelt. */
import type { SearchPlanInput, SearchResult } from '#actors/store/store.ts'
import { attributeOf } from '#proto/query/field-kind.ts'
import { leavesOf } from '#proto/query/tree.ts'

/** Each is a search of its own, which ends with the first row that has the field. */
const FIELDS_ASKED_MAX = 4
/** What others call fields of ours. */
const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  ['timestamp', 'time'],
  ['@timestamp', 'time'],
  ['severity', 'level'],
  ['lvl', 'level'],
  ['loglevel', 'level'],
  ['msg', 'message'],
  ['log', 'message'],
  ['body', 'message'],
  ['text', 'message'],
  ['app', 'service'],
  ['application', 'service'],
  ['services', 'service'],
  ['hostname', 'host'],
  ['trace', 'trace_id'],
  ['traceid', 'trace_id'],
  ['span', 'span_id'],
  ['spanid', 'span_id'],
])

export async function fieldHints(
  input: SearchPlanInput,
  search: (asked: SearchPlanInput) => Promise<SearchResult>,
): Promise<readonly string[]> {
  const keys = new Set(leavesOf(input.query.terms).flatMap(leaf => attributeOf(leaf) ?? []))
  const asked = [...keys].slice(0, FIELDS_ASKED_MAX)
  const hints = await Promise.all(
    asked.map(async field => {
      const { logs } = await search({
        ...input,
        query: { terms: [{ type: 'exists', field }] },
        services: [],
        levels: [],
        limit: 1,
        offset: 0,
        cursor: null,
        include: new Set(['logs']),
        fields: null,
      })
      return logs.length > 0 ? [] : [unknownField(field)]
    }),
  )
  return hints.flat()
}

/** What to tell who asked for a field that no row has. */
export function unknownField(field: string): string {
  const own = OTHER_NAMES.get(field.toLowerCase()) ?? ownInLowerCase(field)
  const suggestion = own === null || own === field ? '' : `; did you mean ${own}`
  return `no log of this time has the field ${field}${suggestion}`
}

/** Names of fields are compared with regard to case. */
function ownInLowerCase(field: string): string | null {
  const names = ['service', 'host', 'level', 'message', 'file', 'trace_id', 'span_id', 'time']
  return names.find(name => name === field.toLowerCase()) ?? null
}
