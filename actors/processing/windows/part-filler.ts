/** How one row adds to the part of its group and pane, by what the rule asks of it. */
import { measuredBy } from '#proto/alert-rule.ts'
import type { RowColumns } from '#proto/columns.ts'
import { addBuckets, parseBuckets } from '#proto/metric-buckets.ts'
import type { Condition } from '../condition.ts'
import { type KeyCodes, keyCodes } from '../key-codes.ts'
import { readNumbers } from '../row-values.ts'
import { DistinctSketch } from './distinct-sketch.ts'
import type { PartKind, WindowPart } from './window-part.ts'
import type { WindowRule } from './window-rules.ts'

/** `i` is the row's place among the selected ones. */
export type PartFiller = (part: WindowPart, i: number, row: number) => void

export function addRowsTo(
  rows: RowColumns,
  { aggregate }: WindowRule,
  kind: PartKind,
  selected: Uint32Array,
  share: Condition | null,
): PartFiller {
  if (share !== null) return shareFiller(share.narrow(rows, selected))
  const measured = measuredBy(aggregate)
  if ('metric' in measured) return pointFiller(rows, kind, selected)
  if (!('field' in measured)) return part => void part.count++
  return kind === 'distinct'
    ? distinctFiller(keyCodes(rows, measured.field, selected))
    : numberFiller(readNumbers(rows, measured.field, selected), kind)
}

function shareFiller(matching: Uint32Array): PartFiller {
  let next = 0
  return (part, _, row) => {
    part.count++
    while (next < matching.length && (matching[next] as number) < row) next++
    if (matching[next] === row) part.part++
  }
}

function numberFiller(numbers: Float64Array | null, kind: PartKind): PartFiller {
  return (part, i) => {
    const number = numbers === null ? Number.NaN : (numbers[i] as number)
    if (Number.isFinite(number)) part.addNumber(number, kind)
  }
}

function distinctFiller({ codes, textOf }: KeyCodes): PartFiller {
  return (part, i) => {
    const text = textOf(codes[i] as number)
    if (text === null) return
    part.count++
    const bytes = Buffer.from(text)
    part.distinct ??= new DistinctSketch()
    part.distinct.add(bytes, 0, bytes.length)
  }
}

/** Points are proven: their numbers are there. See proto/metric.ts. */
function pointFiller(rows: RowColumns, kind: PartKind, selected: Uint32Array): PartFiller {
  const member = (name: string): ((i: number) => number) => {
    const numbers = readNumbers(rows, `metric.${name}`, selected)
    return i => numbers?.[i] ?? Number.NaN
  }
  const types = keyCodes(rows, 'metric.type', selected)
  const buckets = keyCodes(rows, 'metric.buckets', selected)
  const [value, count, sum] = [member('value'), member('count'), member('sum')]
  const [min, max] = [member('min'), member('max')]
  return (part, i) => {
    const type = types.textOf(types.codes[i] as number)
    if (type === 'counter') return part.addNumber(value(i), 'numbers')
    if (type === 'gauge' && kind === 'quantiles') return part.addNumber(value(i), kind)
    part.count += count(i)
    part.sum += sum(i)
    part.min = Math.min(part.min, min(i))
    part.max = Math.max(part.max, max(i))
    const counted = parseBuckets(buckets.textOf(buckets.codes[i] as number) ?? '')
    if (counted !== null) addBuckets((part.positive ??= new Map()), counted)
  }
}
