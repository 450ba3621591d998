/**
 * What the parts of a key and the numbers of a grouping are read from: a column where that says it
 * all, a script that looks at each document everywhere else. The script takes ten times as long.
 */
import { ATTRIBUTE_SEARCH_CHARS_MAX } from '#proto/limits.ts'
import type { GroupsWanted } from '../../analysis/groups-wanted.ts'
import { attributeField, FIELDS, textTwinField } from '../field-names.ts'
import type { AttributeFieldType } from '../index-template.ts'
import type { AttributeTypes } from './attribute-clause.ts'
import { groupScript, numberScript } from './attribute-scripts.ts'
import { type Clause, either } from './clause.ts'

export interface GroupFields {
  /** By the place of the part in the key. */
  readonly keys: readonly string[]
  /** By the place among the numbers. */
  readonly numbers: readonly string[]
  readonly runtimeMappings: Readonly<Record<string, unknown>>
}

type GroupedBy = Pick<GroupsWanted, 'by' | 'numbers'>

/** Columns that can be grouped by as they are. An empty name is never written. */
const KEY_FIELDS: Readonly<Record<string, string>> = {
  level: FIELDS.level,
  service: FIELDS.service,
  host: FIELDS.host,
  file: FIELDS.file,
  severity_text: FIELDS.severityText,
}
/** Read from the source or from a column of ids, first or alone. */
const OWN_SCRIPTS = ['message', 'trace_id', 'span_id']
const NUMBER_PREFIX = 'logboy_number_'
const KEY_PREFIX = 'logboy_key_'

/** Attributes that may be a column. */
export function attributesOf({ by, numbers }: GroupedBy): string[] {
  return [...by.filter(isAttribute), ...numbers.map(({ field }) => field)]
}

function isAttribute(key: string): boolean {
  return KEY_FIELDS[key] === undefined && !OWN_SCRIPTS.includes(key)
}

/**
 * Clauses by `k<place>` and `n<place>`: where no row is found, the column of that part or number
 * says it all. Those without a clause have no column of one type.
 */
export function twinClauses(
  { by, numbers }: GroupedBy,
  types: AttributeTypes,
): Readonly<Record<string, Clause>> {
  const hasType = (key: string, allowed: readonly AttributeFieldType[]): boolean => {
    const [first, ...others] = types.get(key) ?? []
    return first !== undefined && others.length === 0 && allowed.includes(first.type)
  }
  const twins = (key: string, kinds: readonly ('s' | 'i' | 'd' | 'b' | 'j')[]): Clause =>
    either(kinds.map(kind => ({ exists: { field: textTwinField(kind, key) } })))
  return Object.fromEntries([
    ...by.flatMap((key, i) =>
      isAttribute(key) && hasType(key, ['keyword'])
        ? [[`k${i}`, twins(key, ['s', 'i', 'd', 'b', 'j'])] as const]
        : [],
    ),
    ...numbers.flatMap(({ field }, i) =>
      hasType(field, ['double', 'long']) ? [[`n${i}`, twins(field, ['i', 'd', 'j'])] as const] : [],
    ),
  ])
}

/** `inColumns`: names of `twinClauses` without rows. */
export function groupFields(
  { by, numbers }: GroupedBy,
  inColumns: ReadonlySet<string>,
): GroupFields {
  const runtimeMappings: Record<string, unknown> = {}
  const made = (name: string, mapping: unknown): string => {
    runtimeMappings[name] = mapping
    return name
  }
  return {
    keys: by.map((key, i) => {
      const column = inColumns.has(`k${i}`) ? attributeField(key) : KEY_FIELDS[key]
      return column ?? made(`${KEY_PREFIX}${i}`, keyMapping(key))
    }),
    numbers: numbers.map(({ field }, i) => {
      if (inColumns.has(`n${i}`)) return attributeField(field)
      const script = { source: numberScript(field) }
      return made(`${NUMBER_PREFIX}${i}`, { type: 'double', script })
    }),
    runtimeMappings,
  }
}

function keyMapping(key: string): Readonly<Record<string, unknown>> {
  const source = (script: string): Readonly<Record<string, unknown>> => ({
    type: 'keyword',
    script: { source: script },
  })
  switch (key) {
    case 'message':
      return source(`def text = params._source['${FIELDS.message}'];
if (text != null && text.length() > 0 && text.length() <= ${ATTRIBUTE_SEARCH_CHARS_MAX}) emit(text);`)
    case 'trace_id':
      return source(groupScript(key, FIELDS.traceId))
    case 'span_id':
      return source(groupScript(key, FIELDS.spanId))
    default:
      return source(groupScript(key, null))
  }
}
