/**
 * Places of rows in the one total order (time, time_sub_ns, producer, seq, row), many at once as
 * parallel arrays: what a search carries around until it knows which rows it will read.
 */
import type { RowColumns } from '#proto/columns.ts'

export type Order = 'desc' | 'asc'

/** One place in the total order. Halves of int64 as in RowColumns. */
export interface RowKey {
  readonly timeUs: number
  readonly subNs: number
  readonly producerLow: number
  readonly producerHigh: number
  readonly seqLow: number
  readonly seqHigh: number
  readonly row: number
}

export interface RowKeys {
  readonly count: number
  readonly timeUs: Float64Array
  readonly subNs: Uint16Array
  /** Pairs (low, high). */
  readonly producer: Int32Array
  readonly seq: Int32Array
  readonly row: Uint16Array
  /** Which unit of the search a row is in, and its number there. */
  readonly unit: Uint32Array
  readonly index: Uint32Array
}

export const NO_KEYS: RowKeys = allocate(0)

export interface KeySelection {
  readonly order: Order
  /** At most so many, the first in this order. */
  readonly limit: number
  /** Only rows behind this place; null = from the start. */
  readonly after: RowKey | null
}

/** Columns that, with the time, make the place of a row. */
type Identity = Pick<RowColumns, 'timeSubNs' | 'producer' | 'seq' | 'row'>

/**
 * The first keys of the `selected` rows, sorted. `unit` is 0; `index` is the row number.
 * `identityOf` opens the identity of some rows, given by ascending numbers, where that takes less
 * than to open the columns of all.
 */
export function selectKeys(
  rows: RowColumns,
  selected: Uint32Array,
  selection: KeySelection,
  identityOf: ((numbers: Uint32Array) => Identity) | null = null,
): RowKeys {
  const { order, limit } = selection
  const sign = order === 'asc' ? 1 : -1
  const { timeUs } = rows
  const behind = rowsBehind(rows, selected, selection)
  const near = limit < behind.length ? nearest(timeUs, behind, limit, sign) : behind
  const identity = identityOf === null ? rows : identityOf(near)
  const places = Uint32Array.from(near, (row, i) => (identityOf === null ? row : i))
  const timeOf = (place: number): number =>
    timeUs[identityOf === null ? place : (near[place] as number)] as number
  places.sort((a, b) => sign * (timeOf(a) - timeOf(b) || compareIdentity(identity, a, b)))
  const keys = keysOfPlaces(identity, places.subarray(0, limit))
  for (let i = 0; i < keys.count; i++) {
    const place = places[i] as number
    keys.timeUs[i] = timeOf(place)
    keys.index[i] = identityOf === null ? place : (near[place] as number)
  }
  return keys
}

/** The first `limit` of two sorted lists. */
export function mergeKeys(
  a: RowKeys,
  b: RowKeys,
  { order, limit }: { readonly order: Order; readonly limit: number },
): RowKeys {
  if (b.count === 0 && a.count <= limit) return a
  const merged = allocate(Math.min(limit, a.count + b.count))
  const sign = order === 'asc' ? 1 : -1
  let fromA = 0
  let fromB = 0
  for (let i = 0; i < merged.count; i++) {
    const takeA =
      fromB === b.count || (fromA < a.count && sign * compareKeys(a, fromA, b, fromB) <= 0)
    if (takeA) copyKey(a, fromA++, merged, i)
    else copyKey(b, fromB++, merged, i)
  }
  return merged
}

/** Keys [start, end) of a list. */
export function sliceKeys(keys: RowKeys, start: number, end: number): RowKeys {
  const from = Math.min(start, keys.count)
  const to = Math.max(from, Math.min(end, keys.count))
  return {
    count: to - from,
    timeUs: keys.timeUs.subarray(from, to),
    subNs: keys.subNs.subarray(from, to),
    producer: keys.producer.subarray(from * 2, to * 2),
    seq: keys.seq.subarray(from * 2, to * 2),
    row: keys.row.subarray(from, to),
    unit: keys.unit.subarray(from, to),
    index: keys.index.subarray(from, to),
  }
}

export function keyAt(keys: RowKeys, i: number): RowKey {
  return {
    timeUs: keys.timeUs[i] as number,
    subNs: keys.subNs[i] as number,
    producerLow: keys.producer[i * 2] as number,
    producerHigh: keys.producer[i * 2 + 1] as number,
    seqLow: keys.seq[i * 2] as number,
    seqHigh: keys.seq[i * 2 + 1] as number,
    row: keys.row[i] as number,
  }
}

/** Negative if key `i` of `a` comes before key `j` of `b` in ascending order. */
export function compareKeys(a: RowKeys, i: number, b: RowKeys, j: number): number {
  return (
    (a.timeUs[i] as number) - (b.timeUs[j] as number) ||
    (a.subNs[i] as number) - (b.subNs[j] as number) ||
    comparePairs(a.producer, i, b.producer, j) ||
    comparePairs(a.seq, i, b.seq, j) ||
    (a.row[i] as number) - (b.row[j] as number)
  )
}

/** Both are below 2^63: signed high halves, unsigned low halves. */
function comparePairs(a: Int32Array, i: number, b: Int32Array, j: number): number {
  return (
    (a[i * 2 + 1] as number) - (b[j * 2 + 1] as number) ||
    ((a[i * 2] as number) >>> 0) - ((b[j * 2] as number) >>> 0)
  )
}

function compareIdentity(identity: Identity, a: number, b: number): number {
  const { timeSubNs, producer, seq, row } = identity
  const bySubNs = timeSubNs === null ? 0 : (timeSubNs[a] as number) - (timeSubNs[b] as number)
  return (
    bySubNs ||
    comparePairs(producer, a, producer, b) ||
    comparePairs(seq, a, seq, b) ||
    (row[a] as number) - (row[b] as number)
  )
}

/** A copy, so that the caller may sort it. */
function rowsBehind(
  rows: RowColumns,
  selected: Uint32Array,
  { after, order }: KeySelection,
): Uint32Array {
  if (after === null) return selected.slice()
  const sign = order === 'asc' ? 1 : -1
  const { timeUs } = rows
  const place = keysOf(after)
  return selected.filter(i => {
    const byTime = (timeUs[i] as number) - after.timeUs
    if (byTime !== 0) return sign * byTime > 0
    // Touched only where times tie: they may not be read yet.
    const { timeSubNs, producer, seq, row } = rows
    const rest =
      (timeSubNs === null ? 0 : (timeSubNs[i] as number)) - after.subNs ||
      comparePairs(producer, i, place.producer, 0) ||
      comparePairs(seq, i, place.seq, 0) ||
      (row[i] as number) - after.row
    return sign * rest > 0
  })
}

/**
 * Rows whose time is not behind the `limit`-th in order: at least `limit`, more where times tie.
 */
function nearest(
  timeUs: Float64Array,
  rows: Uint32Array,
  limit: number,
  sign: 1 | -1,
): Uint32Array {
  const times = new Float64Array(rows.length)
  for (let i = 0; i < rows.length; i++) times[i] = sign * (timeUs[rows[i] as number] as number)
  const bound = smallest(times, limit)
  const near = new Uint32Array(rows.length)
  let count = 0
  for (const row of rows) if (sign * (timeUs[row] as number) <= bound) near[count++] = row
  return near.subarray(0, count)
}

/** The `n`-th smallest value (1 = the smallest); reorders `values`. Hoare's selection. */
export function smallest(values: Float64Array, n: number): number {
  let low = 0
  let high = values.length - 1
  while (low < high) {
    const pivot = values[(low + high) >> 1] as number
    let i = low
    let j = high
    while (i <= j) {
      while ((values[i] as number) < pivot) i++
      while ((values[j] as number) > pivot) j--
      if (i > j) break
      const swapped = values[i] as number
      values[i++] = values[j] as number
      values[j--] = swapped
    }
    if (n - 1 <= j) high = j
    else if (n - 1 >= i) low = i
    else break
  }
  return values[n - 1] as number
}

/** Keys without time and index. */
function keysOfPlaces(identity: Identity, places: Uint32Array): RowKeys {
  const keys = allocate(places.length)
  const { timeSubNs, producer, seq, row } = identity
  for (let i = 0; i < places.length; i++) {
    const from = places[i] as number
    keys.subNs[i] = timeSubNs === null ? 0 : (timeSubNs[from] as number)
    keys.producer[i * 2] = producer[from * 2] as number
    keys.producer[i * 2 + 1] = producer[from * 2 + 1] as number
    keys.seq[i * 2] = seq[from * 2] as number
    keys.seq[i * 2 + 1] = seq[from * 2 + 1] as number
    keys.row[i] = row[from] as number
  }
  return keys
}

function keysOf(key: RowKey): RowKeys {
  const keys = allocate(1)
  keys.timeUs[0] = key.timeUs
  keys.subNs[0] = key.subNs
  keys.producer.set([key.producerLow, key.producerHigh])
  keys.seq.set([key.seqLow, key.seqHigh])
  keys.row[0] = key.row
  return keys
}

function copyKey(from: RowKeys, i: number, into: RowKeys, j: number): void {
  into.timeUs[j] = from.timeUs[i] as number
  into.subNs[j] = from.subNs[i] as number
  into.producer[j * 2] = from.producer[i * 2] as number
  into.producer[j * 2 + 1] = from.producer[i * 2 + 1] as number
  into.seq[j * 2] = from.seq[i * 2] as number
  into.seq[j * 2 + 1] = from.seq[i * 2 + 1] as number
  into.row[j] = from.row[i] as number
  into.unit[j] = from.unit[i] as number
  into.index[j] = from.index[i] as number
}

function allocate(count: number): RowKeys {
  return {
    count,
    timeUs: new Float64Array(count),
    subNs: new Uint16Array(count),
    producer: new Int32Array(count * 2),
    seq: new Int32Array(count * 2),
    row: new Uint16Array(count),
    unit: new Uint32Array(count),
    index: new Uint32Array(count),
  }
}
