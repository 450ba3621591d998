/** Picks rows out of columns by number: rejected records left out, rows put into another order. */
import {
  type AttributeColumn,
  type IdColumn,
  isPresent,
  type RowColumns,
  type TextColumn,
} from '#proto/columns.ts'

/**
 * The rows with the numbers `indices`, in that order. Heaps are shared with `rows`, never copied,
 * so the result lives no longer than they do.
 */
export function takeRows(rows: RowColumns, indices: Uint32Array): RowColumns {
  const { timeSubNs, patternId } = rows
  return {
    count: indices.length,
    timeUs: takeNumbers(rows.timeUs, indices, new Float64Array(indices.length)),
    timeSubNs: timeSubNs && takeNumbers(timeSubNs, indices, new Uint16Array(indices.length)),
    severity: takeNumbers(rows.severity, indices, new Uint8Array(indices.length)),
    severityText: takeTexts(rows.severityText, indices),
    service: takeTexts(rows.service, indices),
    host: takeTexts(rows.host, indices),
    file: takeTexts(rows.file, indices),
    message: takeTexts(rows.message, indices),
    traceId: takeIds(rows.traceId, rows.count, indices),
    spanId: takeIds(rows.spanId, rows.count, indices),
    attributes: rows.attributes
      .map(attribute => takeAttribute(attribute, rows.count, indices))
      .filter(attribute => attribute.present > 0),
    receivedAtUs: takeNumbers(rows.receivedAtUs, indices, new Float64Array(indices.length)),
    kind: takeNumbers(rows.kind, indices, new Uint8Array(indices.length)),
    flags: takeNumbers(rows.flags, indices, new Uint8Array(indices.length)),
    producer: takePairs(rows.producer, indices),
    seq: takePairs(rows.seq, indices),
    row: takeNumbers(rows.row, indices, new Uint16Array(indices.length)),
    patternId: patternId && takePairs(patternId, indices),
  }
}

type Numbers = Float64Array | Uint32Array | Uint16Array | Uint8Array

function takeNumbers<Column extends Numbers>(
  from: Column,
  indices: Uint32Array,
  into: Column,
): Column {
  for (let i = 0; i < indices.length; i++) into[i] = from[indices[i] as number] as number
  return into
}

function takePairs(from: Int32Array, indices: Uint32Array): Int32Array {
  const into = new Int32Array(indices.length * 2)
  for (let i = 0; i < indices.length; i++) {
    const at = (indices[i] as number) * 2
    into[i * 2] = from[at] as number
    into[i * 2 + 1] = from[at + 1] as number
  }
  return into
}

function takeTexts(column: TextColumn, indices: Uint32Array): TextColumn {
  const { heap, offsets, indexes } = column
  if (indexes === 'same') return column
  if (indexes === 'each') return { heap, offsets, indexes: indices }
  return {
    heap,
    offsets,
    indexes: takeNumbers(indexes, indices, new Uint32Array(indices.length)),
  }
}

function takeIds(column: IdColumn, count: number, indices: Uint32Array): IdColumn {
  const picked = pickPresent(column.presence, count, indices)
  const { width } = column
  const heap = new Uint8Array(picked.values.length * width)
  for (let i = 0; i < picked.values.length; i++) {
    const at = (picked.values[i] as number) * width
    for (let byte = 0; byte < width; byte++) {
      heap[i * width + byte] = column.heap[at + byte] as number
    }
  }
  return { width, presence: picked.presence, heap }
}

function takeAttribute(
  column: AttributeColumn,
  count: number,
  indices: Uint32Array,
): AttributeColumn {
  const { key } = column
  const { presence, values } = pickPresent(column.presence, count, indices)
  const present = values.length
  switch (column.type) {
    case 's':
    case 'j':
      return { key, presence, present, type: column.type, texts: takeTexts(column.texts, values) }
    case 'i':
      return { key, presence, present, type: 'i', ints: takePairs(column.ints, values) }
    case 'd': {
      const doubles = takeNumbers(column.doubles, values, new Float64Array(present))
      return { key, presence, present, type: 'd', doubles }
    }
    case 'b': {
      const bools = takeNumbers(column.bools, values, new Uint8Array(present))
      return { key, presence, present, type: 'b', bools }
    }
  }
}

interface Picked {
  readonly presence: Uint8Array | null
  /** Numbers of the picked values among the dense ones. */
  readonly values: Uint32Array
}

function pickPresent(presence: Uint8Array | null, count: number, indices: Uint32Array): Picked {
  if (presence === null) return { presence: null, values: indices }
  const ranks = denseRanks(presence, count)
  const picked = new Uint8Array((indices.length + 7) >> 3)
  const values = new Uint32Array(indices.length)
  let present = 0
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i] as number
    if (!isPresent(presence, index)) continue
    picked[i >> 3] = (picked[i >> 3] as number) | (1 << (i & 7))
    values[present++] = ranks[index] as number
  }
  return {
    presence: present === indices.length ? null : picked,
    values: values.subarray(0, present),
  }
}

/** For each row the number of present values before it: where its own value stands. */
export function denseRanks(presence: Uint8Array, count: number): Uint32Array {
  const ranks = new Uint32Array(count)
  let rank = 0
  for (let i = 0; i < count; i++) {
    ranks[i] = rank
    if (isPresent(presence, i)) rank++
  }
  return ranks
}
