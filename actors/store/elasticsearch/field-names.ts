/**
 * Names of the fields of a row in Elasticsearch: those of the Elastic Common Schema, so that Kibana
 * and Grafana know them, and our own under `logboy.`. Documents are flat; dots are part of a name.
 */

export const FIELDS = {
  time: '@timestamp',
  receivedAt: 'event.ingested',
  /** Start of the five minutes of `receivedAt`. Indices of older versions have none. */
  slot: 'logboy.slot',
  level: 'log.level',
  severity: 'event.severity',
  severityText: 'logboy.severity_text',
  service: 'service.name',
  host: 'host.name',
  file: 'log.file.path',
  message: 'message',
  traceId: 'trace.id',
  spanId: 'span.id',
  project: 'logboy.project',
  flags: 'logboy.flags',
  pattern: 'logboy.pattern_id',
  producer: 'logboy.producer',
  seq: 'logboy.seq',
  row: 'logboy.row',
  /** partition << 48 | position in the commit log: one number, so that one range cuts the tail. */
  entry: 'logboy.entry',
} as const

/** Attributes that have a field of their own, typed by the first value that was seen. */
export const ATTRIBUTES = 'attributes'
/**
 * All other values, as text under `<type>.<key>`: of another type than the field, beyond the cap on
 * fields, or of no type that a field could have. One mapped field, however many keys.
 *
 *   s string | i integer | d double | b boolean | j JSON (null, arrays, objects)
 *
 * Scalar elements of an array stand under their own types as well, for searches.
 */
export const ATTRIBUTES_TEXT = 'attributes_text'

export function attributeField(key: string): string {
  return `${ATTRIBUTES}.${escapeKey(key)}`
}

/** `l` marks JSON that is too long for the twin: only the scalars of that list are in it. */
export type TwinType = 's' | 'i' | 'd' | 'b' | 'j' | 'l'

export function textTwinField(type: TwinType, key: string): string {
  return `${ATTRIBUTES_TEXT}.${twinName(type, key)}`
}

/**
 * Within the twin a key has no dots: a synthetic source makes objects of them, and writes one twice
 * where `user-agent` stands between `user` and `user.id`.
 */
export function twinName(type: TwinType, key: string): string {
  return `${type}.${escapeKey(key).replaceAll('.', '%2e')}`
}

/**
 * The part of a field that finds whole values by their last characters. No key can have this name:
 * in the name of a field `%` begins two digits or ends it.
 */
export const TAIL = '%tail'

/** The part of a field that finds it by its beginning. */
export const HEAD = '%head'

export function tailField(field: string): string {
  return `${field}.${TAIL}`
}

/** What Elasticsearch refuses in names or reads as a pattern; dots where a part would be empty. */
const UNSAFE = /[\p{Cc}\p{Z}%*]|\s|^\.|\.$|\.(?=\.)|^$/gu

/** A key as part of a field's name; keys without anything odd stay as they are. */
export function escapeKey(key: string): string {
  if (key === '') return '%'
  return key.replace(UNSAFE, odd => encodeOdd(odd))
}

function encodeOdd(odd: string): string {
  return Array.from(Buffer.from(odd), byte => `%${byte.toString(16).padStart(2, '0')}`).join('')
}

/** The key that `escapeKey` was given. */
export function unescapeKey(name: string): string {
  if (!name.includes('%')) return name
  if (name === '%') return ''
  return decodeURIComponent(name)
}
