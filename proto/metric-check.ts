/** Judges the points of a batch of metrics, so that a wrong one is refused and the others kept. */
import { type AttributeColumn, entryOf, isPresent, type LogColumns } from './columns.ts'
import { isLabel, LABELS_MAX, labelFault, nameFault, readPoint } from './metric.ts'
import type { RefusedRecord } from './record-check.ts'
import { textOf } from './utf8.ts'

/** Points that must be refused, ascending, each with the first reason found. */
export function checkPoints(columns: LogColumns): RefusedRecord[] {
  const attributes = attributesOf(columns)
  const { message } = columns
  return attributes.flatMap((own, index) => {
    const reason = nameFault(textAt(message, index)) ?? labelsFault(own) ?? pointFault(own)
    return reason === null ? [] : [{ index, reason }]
  })
}

type Attributes = Record<string, unknown>

function attributesOf({ count, attributes }: LogColumns): Attributes[] {
  // Without a prototype: a key may be `__proto__`.
  const all = Array.from({ length: count }, () => Object.create(null) as Attributes)
  for (const column of attributes) {
    let value = 0
    for (let index = 0; index < count; index++) {
      if (!isPresent(column.presence, index)) continue
      const own = all[index] as Attributes
      own[column.key] = valueAt(column, value++)
    }
  }
  return all
}

function valueAt(column: AttributeColumn, index: number): unknown {
  switch (column.type) {
    case 's':
      return textAt(column.texts, index)
    case 'i': {
      const [low = 0, high = 0] = column.ints.subarray(2 * index, 2 * index + 2)
      return high * 2 ** 32 + (low >>> 0)
    }
    case 'd':
      return column.doubles[index]
    default:
      return null
  }
}

function textAt(column: LogColumns['message'], index: number): string {
  const entry = entryOf(column, index)
  return textOf(column.heap, column.offsets[entry] as number, column.offsets[entry + 1] as number)
}

function labelsFault(attributes: Attributes): string | null {
  const labels = Object.entries(attributes).filter(([key]) => isLabel(key))
  if (labels.length > LABELS_MAX)
    return `${labels.length} labels, at most ${LABELS_MAX} are allowed`
  for (const [key, value] of labels) {
    const fault = typeof value === 'string' ? labelFault(key, value) : `label ${key} is no text`
    if (fault !== null) return fault
  }
  return null
}

function pointFault(attributes: Attributes): string | null {
  const point = readPoint(attributes)
  return typeof point === 'string' ? point : null
}
