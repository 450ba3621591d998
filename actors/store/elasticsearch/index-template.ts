/** The template of all indices of rows: what the fields of a document are. */
import { ATTRIBUTE_SEARCH_CHARS_MAX, SEARCH_LIMIT_MAX, SEARCH_OFFSET_MAX } from '#proto/limits.ts'
import { analysis, HEAD_ANALYZER, MESSAGE_ANALYZER, TAIL_ANALYZER } from './analyzer.ts'
import { ATTRIBUTES_TEXT, FIELDS, HEAD, TAIL } from './field-names.ts'
import { type Storage, storageSettings } from './storage.ts'

/** Above the 100 of the server's own `logs-*-*` and `metrics-*-*`, which make data streams. */
const PRIORITY = 500
/** Attributes with a field of their own in one index; the others are text under one field. */
export const ATTRIBUTE_FIELDS_MAX = 512
const OTHER_FIELDS_MAX = 64
/** Of REGEX_SIZE_MAX characters, each written as a class. */
const REGEX_CHARS_MAX = 50_000
/** What indices of older versions lack, and can be given. */
export const LATER_SETTINGS = { 'index.max_regex_length': REGEX_CHARS_MAX } as const
/** When nobody refreshes: the writer that did died. Writers themselves refresh far more often. */
const REFRESH_INTERVAL = '30s'

/** Names that other log systems and their dashboards use. */
const ALIASES: Readonly<Record<string, string>> = {
  timestamp: FIELDS.time,
  level: FIELDS.level,
  service: FIELDS.service,
  'source.hostname': FIELDS.host,
  'source.file': FIELDS.file,
  ingested_at: FIELDS.receivedAt,
}

/** The body of `PUT _index_template/…` for indices named by `patterns`. */
export function indexTemplate(
  patterns: readonly string[],
  storage: Storage,
): Record<string, unknown> {
  return {
    index_patterns: patterns,
    priority: PRIORITY,
    // An index that is gone must not come back without its fields and without a placement.
    allow_auto_create: false,
    template: {
      settings: {
        ...storageSettings(storage),
        'index.auto_expand_replicas': '0-1',
        'index.refresh_interval': REFRESH_INTERVAL,
        // One page is one request, however deep its offset is; one row more tells of the next page.
        'index.max_result_window': SEARCH_LIMIT_MAX + SEARCH_OFFSET_MAX + 1,
        ...LATER_SETTINGS,
        // A text has a part that finds it.
        'index.mapping.total_fields.limit': 2 * ATTRIBUTE_FIELDS_MAX + OTHER_FIELDS_MAX,
        analysis: analysis(),
      },
      mappings: {
        subobjects: false,
        dynamic: false,
        runtime: RUNTIME_IDS,
        properties: { ...ROW_FIELDS, ...aliases() },
      },
    },
    _meta: { description: 'Rows of Logboy' },
  }
}

/** What an attribute's field may be. */
export type AttributeFieldType = 'keyword' | 'double' | 'long' | 'boolean'

/**
 * The mapping of an attribute. Values are read from their columns: an index of them is large. An
 * index of an older version has no analyzer that texts could be found by.
 */
export function attributeMapping(
  type: AttributeFieldType,
  isOlder = false,
): Record<string, unknown> {
  if (type === 'keyword') {
    return isOlder ? NAME : { ...NAME, index: false, fields: FOUND_BY_TAIL }
  }
  return type === 'boolean' ? { type } : { type, index: false }
}

const NAME = { type: 'keyword', ignore_above: ATTRIBUTE_SEARCH_CHARS_MAX }
const COLUMN = { type: 'long', index: false }
const FOUND_BY_TAIL = { [TAIL]: oneToken(TAIL_ANALYZER) }
/**
 * A column of random texts is kept twice as tightly for a text as for a keyword, but answers no
 * condition: for those there is a keyword of the same name that is read from the source.
 */
const ID = { type: 'text', index: false, fields: FOUND_BY_TAIL }
const RUNTIME_IDS = Object.fromEntries(
  [FIELDS.traceId, FIELDS.spanId].map(field => [
    field,
    {
      type: 'keyword',
      script: { source: `def id = params._source['${field}']; if (id != null) emit(id)` },
    },
  ]),
)
/** What indices of older versions lack, and can be given. */
export const LATER_FIELDS = { [FIELDS.pattern]: COLUMN } as const

const ROW_FIELDS = {
  [FIELDS.time]: { type: 'date_nanos' },
  // Within a slot rows are sorted by their wording: an index of the time, and one of the place in
  // the log, would take two bytes a row. That of slots takes nothing, that of beginnings little.
  [FIELDS.receivedAt]: { type: 'date_nanos', index: false },
  [FIELDS.slot]: { type: 'date' },
  [FIELDS.level]: { type: 'keyword' },
  [FIELDS.severity]: { type: 'byte', index: false },
  [FIELDS.severityText]: NAME,
  [FIELDS.service]: NAME,
  [FIELDS.host]: NAME,
  [FIELDS.file]: NAME,
  [FIELDS.message]: { type: 'text', analyzer: MESSAGE_ANALYZER, norms: false },
  [FIELDS.traceId]: ID,
  [FIELDS.spanId]: ID,
  [FIELDS.project]: { type: 'keyword' },
  [FIELDS.flags]: { type: 'byte', index: false },
  ...LATER_FIELDS,
  [FIELDS.producer]: COLUMN,
  [FIELDS.seq]: COLUMN,
  [FIELDS.row]: { type: 'integer', index: false },
  [FIELDS.entry]: { ...COLUMN, fields: { [HEAD]: oneToken(HEAD_ANALYZER) } },
  [ATTRIBUTES_TEXT]: { type: 'flattened', ignore_above: ATTRIBUTE_SEARCH_CHARS_MAX },
} as const

function oneToken(analyzer: string): Record<string, unknown> {
  return { type: 'text', analyzer, norms: false, index_options: 'docs' }
}

function aliases(): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(ALIASES).map(([name, path]) => [name, { type: 'alias', path }]),
  )
}
