/**
 * What a rule wants to know of some rows, so that what is known of parts adds up to what is known
 * of the whole: one for each group and pane of a batch, merged into the windows of the rule.
 */
import { addBuckets, type Buckets, bucketOf, valueAt } from '#proto/metric-buckets.ts'
import type { ByteReader, ByteWriter } from './byte-stream.ts'
import { DistinctSketch } from './distinct-sketch.ts'

/** Which members of a part a rule uses; `rows` and `share` are counts alone. */
export type PartKind = 'rows' | 'share' | 'numbers' | 'quantiles' | 'distinct'

export class WindowPart {
  /** Rows, or numbers that their field had. */
  count = 0
  /** Of `share`: rows that match the second filter as well. */
  part = 0
  sum = 0
  min = Number.POSITIVE_INFINITY
  max = Number.NEGATIVE_INFINITY
  /** Of numbers from 0 on, and of those below by their size. */
  positive: Buckets | null = null
  negative: Buckets | null = null
  distinct: DistinctSketch | null = null

  addNumber(number: number, kind: PartKind): void {
    this.count++
    this.sum += number
    if (number < this.min) this.min = number
    if (number > this.max) this.max = number
    if (kind !== 'quantiles') return
    const buckets = number < 0 ? (this.negative ??= new Map()) : (this.positive ??= new Map())
    const bucket = bucketOf(Math.abs(number))
    buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1)
  }

  merge(other: WindowPart): void {
    this.count += other.count
    this.part += other.part
    this.sum += other.sum
    if (other.min < this.min) this.min = other.min
    if (other.max > this.max) this.max = other.max
    if (other.positive !== null) addBuckets((this.positive ??= new Map()), other.positive)
    if (other.negative !== null) addBuckets((this.negative ??= new Map()), other.negative)
    if (other.distinct !== null) (this.distinct ??= new DistinctSketch()).merge(other.distinct)
  }

  /** The number below which a part `q` lies, within QUANTILE_ERROR; null = there are none. */
  quantile(q: number): number | null {
    const below = sumOf(this.negative)
    const rank = Math.floor(q * (below + sumOf(this.positive) - 1))
    if (rank < below && this.negative !== null) {
      const bounds = { min: Math.max(0, -this.max), max: -this.min }
      const size = valueAt(this.negative, below - 1 - rank, bounds)
      return size === null ? null : -size
    }
    const bounds = { min: Math.max(0, this.min), max: this.max }
    return this.positive === null ? null : valueAt(this.positive, rank - below, bounds)
  }

  write(kind: PartKind, writer: ByteWriter): void {
    writer.f64(this.count)
    if (kind === 'share') writer.f64(this.part)
    if (kind === 'distinct') (this.distinct ?? new DistinctSketch()).write(writer)
    if (kind !== 'numbers' && kind !== 'quantiles') return
    for (const number of [this.sum, this.min, this.max]) writer.f64(number)
    if (kind === 'quantiles') {
      for (const buckets of [this.positive, this.negative]) writeBuckets(buckets, writer)
    }
  }

  static read(kind: PartKind, reader: ByteReader): WindowPart {
    const part = new WindowPart()
    part.count = reader.f64()
    if (kind === 'share') part.part = reader.f64()
    if (kind === 'distinct') part.distinct = DistinctSketch.read(reader)
    if (kind !== 'numbers' && kind !== 'quantiles') return part
    part.sum = reader.f64()
    part.min = reader.f64()
    part.max = reader.f64()
    if (kind === 'quantiles') {
      part.positive = readBuckets(reader)
      part.negative = readBuckets(reader)
    }
    return part
  }
}

function sumOf(buckets: Buckets | null): number {
  let sum = 0
  for (const count of buckets?.values() ?? []) sum += count
  return sum
}

/** Indexes are whole numbers below 2^15 from 0. */
const INDEX_OFFSET = 1 << 15

function writeBuckets(buckets: Buckets | null, writer: ByteWriter): void {
  writer.u16(buckets?.size ?? 0)
  for (const [index, count] of buckets ?? []) {
    writer.u16(index + INDEX_OFFSET)
    writer.f64(count)
  }
}

function readBuckets(reader: ByteReader): Buckets | null {
  const size = reader.u16()
  if (size === 0) return null
  const buckets: Buckets = new Map()
  for (let i = 0; i < size; i++) buckets.set(reader.u16() - INDEX_OFFSET, reader.f64())
  return buckets
}
