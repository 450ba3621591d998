/** What a group of a rule is known by wherever its alerts are kept. */
import { createHash } from 'node:crypto'
import { cutText } from '#proto/cut-text.ts'

/** Indices of PostgreSQL have no place for more than 2,704 bytes, ids beside the key included. */
export const ALERT_KEY_BYTES_MAX = 2_048
/** As JSON; a rule has three fields at most. */
const VALUE_BYTES_MAX = 640
const BEGINNING_CHARS = 64

/**
 * Of a key as rules are evaluated with it, a JSON array of values: those that are too long are
 * their beginning and a hash. What is short already stays.
 */
export function alertKey(key: string): string {
  if (Buffer.byteLength(key) <= ALERT_KEY_BYTES_MAX) return key
  const values = JSON.parse(key) as readonly (string | null)[]
  return JSON.stringify(values.map(value => (value === null ? null : shortValue(value))))
}

function shortValue(value: string): string {
  if (Buffer.byteLength(JSON.stringify(value)) <= VALUE_BYTES_MAX) return value
  const hash = createHash('sha256').update(value).digest('base64url')
  return `${cutText(value, BEGINNING_CHARS)} sha256 ${hash}`
}
