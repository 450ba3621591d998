/** What is told, in bounded length: whoever is told refuses what is too long, every time again. */
import type { Json, Row } from '#proto/api.ts'
import { cutText } from '#proto/cut-text.ts'

/** Of a log as JSON that is told as it is. */
const WHOLE_CHARS_MAX = 8_000
const MESSAGE_CHARS_MAX = 4_000
const ATTRIBUTES_MAX = 30
const VALUE_CHARS_MAX = 300

/** Six digits are more than a person compares. */
export function valueText(value: number): string {
  return String(Number(value.toPrecision(6)))
}

/** A log for programs: whole, unless it is long. */
export function toldRow(row: Row): Row {
  if (JSON.stringify(row).length <= WHOLE_CHARS_MAX) return row
  const attributes = Object.entries(row.attributes)
    .slice(0, ATTRIBUTES_MAX)
    .map(([key, value]) => [key, cutValue(value)] as const)
  const message = cutText(row.message, MESSAGE_CHARS_MAX)
  return { ...row, message, attributes: Object.fromEntries(attributes) }
}

/** What is long and no text becomes the beginning of its JSON. */
function cutValue(value: Json): Json {
  if (typeof value === 'string') return cutText(value, VALUE_CHARS_MAX)
  const text = JSON.stringify(value)
  return text.length <= VALUE_CHARS_MAX ? value : cutText(text, VALUE_CHARS_MAX)
}
