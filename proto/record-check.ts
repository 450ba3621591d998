/**
 * Judges single records of a batch that is sound as a whole, so that a wrong record is refused and
 * its neighbours are kept. Every check looks at entries and columns first and at rows only on
 * suspicion.
 */
import { bitmapBytes, isSet } from './bitmap.ts'
import {
  type AttributeColumn,
  entryOf,
  isPresent,
  type LogColumns,
  type TextColumn,
} from './columns.ts'
import { isJson } from './json-text.ts'
import {
  ATTRIBUTE_KEY_BYTES_MAX,
  ATTRIBUTE_VALUE_BYTES_MAX,
  MESSAGE_BYTES_MAX,
  NAME_BYTES_MAX,
} from './limits.ts'
import { isLongerThan } from './utf8.ts'

export interface RefusedRecord {
  readonly index: number
  readonly reason: string
}

const SEVERITY_MAX = 24

/** Records that must be refused, ascending, each with the first reason found. */
export function checkRecords(columns: LogColumns): RefusedRecord[] {
  const refused = new Map<number, string>()
  checkTimes(columns, refused)
  const { severity } = columns
  for (let i = 0; i < severity.length; i++) {
    if ((severity[i] as number) > SEVERITY_MAX)
      refuse(refused, i, `severity ${severity[i]} is not 0 to 24`)
  }
  checkLengths(columns.message, { name: 'message', max: MESSAGE_BYTES_MAX }, columns.count, refused)
  for (const name of NAMES) {
    checkLengths(columns[name], { name, max: NAME_BYTES_MAX }, columns.count, refused)
  }
  for (const column of columns.attributes) checkAttribute(column, columns.count, refused)
  checkRepeats(columns, refused)
  return [...refused].sort(([a], [b]) => a - b).map(([index, reason]) => ({ index, reason }))
}

const NAMES = ['service', 'host', 'file', 'severityText'] as const

function refuse(refused: Map<number, string>, index: number, reason: string): void {
  if (!refused.has(index)) refused.set(index, reason)
}

function checkTimes({ timeUs, timeMissing }: LogColumns, refused: Map<number, string>): void {
  for (let i = 0; i < timeUs.length; i++) {
    if ((timeUs[i] as number) >= 0) continue
    if (timeMissing === null || !isSet(timeMissing, i)) refuse(refused, i, 'time is before 1970')
  }
}

/** Entries that are wrong; null = none, as nearly always. */
function wrongEntries(
  column: TextColumn,
  isWrong: (start: number, end: number) => boolean,
): Uint8Array | null {
  const { offsets } = column
  let wrong: Uint8Array | null = null
  for (let entry = 0; entry + 1 < offsets.length; entry++) {
    if (!isWrong(offsets[entry] as number, offsets[entry + 1] as number)) continue
    wrong ??= new Uint8Array(offsets.length)
    wrong[entry] = 1
  }
  return wrong
}

interface Limit {
  readonly name: string
  readonly max: number
}

function checkLengths(
  column: TextColumn,
  { name, max }: Limit,
  count: number,
  refused: Map<number, string>,
): void {
  if (column.heap.length <= max) return
  const wrong = wrongEntries(column, (start, end) => end - start > max)
  if (wrong === null) return
  for (let i = 0; i < count; i++) {
    if (wrong[entryOf(column, i)] === 1) refuse(refused, i, `${name} is longer than ${max} bytes`)
  }
}

function checkAttribute(
  column: AttributeColumn,
  count: number,
  refused: Map<number, string>,
): void {
  const name = `attribute ${column.key}`
  if (isLongerThan(column.key, ATTRIBUTE_KEY_BYTES_MAX)) {
    const reason = `an attribute key is longer than ${ATTRIBUTE_KEY_BYTES_MAX} bytes`
    forEachPresent(column, count, index => refuse(refused, index, reason))
    return
  }
  if (column.type === 'd') {
    const { doubles } = column
    if (doubles.every(Number.isFinite)) return
    forEachPresent(column, count, (index, value) => {
      if (!Number.isFinite(doubles[value])) refuse(refused, index, `${name} is not a finite number`)
    })
  }
  if (column.type !== 's' && column.type !== 'j') return
  const { texts } = column
  refuseWrong(column, count, refused, {
    wrong: wrongEntries(texts, (start, end) => end - start > ATTRIBUTE_VALUE_BYTES_MAX),
    reason: `${name} is longer than ${ATTRIBUTE_VALUE_BYTES_MAX} bytes`,
  })
  if (column.type === 'j') {
    refuseWrong(column, count, refused, {
      wrong: wrongEntries(texts, (start, end) => !isJson(texts.heap, start, end)),
      reason: `${name} is not JSON`,
    })
  }
}

function refuseWrong(
  column: Extract<AttributeColumn, { type: 's' | 'j' }>,
  count: number,
  refused: Map<number, string>,
  { wrong, reason }: { wrong: Uint8Array | null; reason: string },
): void {
  if (wrong === null) return
  forEachPresent(column, count, (index, value) => {
    if (wrong[entryOf(column.texts, value)] === 1) refuse(refused, index, reason)
  })
}

/** Visits the records that have the attribute, with the number of their value. */
function forEachPresent(
  { presence }: AttributeColumn,
  count: number,
  visit: (index: number, value: number) => void,
): void {
  let value = 0
  for (let index = 0; index < count; index++) {
    if (isPresent(presence, index)) visit(index, value++)
  }
}

/** A key may have columns of several types, but a record only one value of it. */
function checkRepeats({ attributes, count }: LogColumns, refused: Map<number, string>): void {
  const byKey = new Map<string, AttributeColumn[]>()
  for (const column of attributes) {
    const columns = byKey.get(column.key)
    if (columns === undefined) byKey.set(column.key, [column])
    else columns.push(column)
  }
  for (const [key, columns] of byKey) {
    if (columns.length === 1) continue
    for (let byte = 0; byte < bitmapBytes(count); byte++) {
      let seen = 0
      let twice = 0
      for (const { presence } of columns) {
        const bits = presence === null ? 0xff : (presence[byte] as number)
        twice |= seen & bits
        seen |= bits
      }
      for (let bit = 0; twice >> bit !== 0; bit++) {
        const index = 8 * byte + bit
        const isTwice = ((twice >> bit) & 1) === 1 && index < count
        if (isTwice) refuse(refused, index, `attribute ${key} has two values`)
      }
    }
  }
}
