/** A row as search, tail and CLI give it: the Row of proto/api.ts as JSON text. */
import { levelOfSeverity } from '#proto/api.ts'
import {
  type AttributeColumn,
  entryOf,
  type IdColumn,
  ROW_FLAGS,
  type RowColumns,
  type TextColumn,
} from '#proto/columns.ts'
import { formatRowId, joinInt64 } from '#proto/row-id.ts'
import { formatTime } from '#proto/time.ts'
import { portableJson } from './exact-json.ts'
import { PatternIds } from './patterns/pattern-ids.ts'
import { PresenceRank } from './presence-rank.ts'

/** Row `index` as JSON text; integers beyond 2^53 as strings. */
export function rowJson(rows: RowColumns, index: number): string {
  let printer = printers.get(rows)
  if (printer === undefined) {
    printer = new RowPrinter(rows)
    printers.set(rows, printer)
  }
  return printer.print(index)
}

/** Rows of one batch share most of their texts: what was printed once is kept with the batch. */
const printers = new WeakMap<RowColumns, RowPrinter>()

/** Prints rows of one batch or row group. */
class RowPrinter {
  readonly #rows: RowColumns
  readonly #time = new TimePrinter()
  readonly #receivedAt = new TimePrinter()
  readonly #severityText: TextPrinter
  readonly #service: TextPrinter
  readonly #host: TextPrinter
  readonly #message: TextPrinter
  readonly #file: TextPrinter
  readonly #traceId: IdPrinter
  readonly #spanId: IdPrinter
  readonly #attributes: readonly AttributePrinter[]
  readonly #patternIds: PatternIds
  readonly #id = new RowIdPrinter()

  constructor(rows: RowColumns) {
    this.#rows = rows
    this.#severityText = new TextPrinter(rows.severityText)
    this.#service = new TextPrinter(rows.service)
    this.#host = new TextPrinter(rows.host)
    this.#message = new TextPrinter(rows.message)
    this.#file = new TextPrinter(rows.file)
    this.#traceId = new IdPrinter(rows.traceId)
    this.#spanId = new IdPrinter(rows.spanId)
    this.#attributes = rows.attributes.map(column => new AttributePrinter(column))
    this.#patternIds = new PatternIds(rows)
  }

  print(index: number): string {
    const rows = this.#rows
    const subNs = rows.timeSubNs === null ? 0 : (rows.timeSubNs[index] as number)
    const severityText = this.#severityText.json(index)
    const flags = rows.flags[index] as number
    return (
      `{"time":"${this.#time.text(rows.timeUs[index] as number, subNs)}"` +
      `,"level":"${levelOfSeverity(rows.severity[index] as number)}"` +
      (severityText === '""' ? '' : `,"severity_text":${severityText}`) +
      `,"service":${this.#service.json(index)}` +
      `,"host":${this.#host.json(index)}` +
      `,"message":${this.#message.json(index)}` +
      `,"trace_id":${this.#traceId.json(index)}` +
      `,"span_id":${this.#spanId.json(index)}` +
      `,"attributes":{${this.#attributesJson(index)}}` +
      `,"ingested_at":"${this.#receivedAt.text(rows.receivedAtUs[index] as number, 0)}"` +
      `,"file":${this.#file.json(index)}` +
      `,"pattern_id":"${this.#patternIds.of(index)}"` +
      `,"id":"${this.#id.text(rows, index)}"` +
      (flags === 0 ? '' : `,"flags":${flagsJson(flags)}`) +
      '}'
    )
  }

  #attributesJson(index: number): string {
    let json = ''
    for (const attribute of this.#attributes) {
      const member = attribute.member(index)
      if (member !== '') json += json === '' ? member : `,${member}`
    }
    return json
  }
}

const FLAG_NAMES = [
  [ROW_FLAGS.levelInferred, 'level_inferred'],
  [ROW_FLAGS.levelDefaulted, 'level_defaulted'],
  [ROW_FLAGS.timeMissing, 'time_missing'],
  [ROW_FLAGS.timeClamped, 'time_clamped'],
] as const

/** For every combination of flags the JSON array that names them. */
const FLAGS_JSON = Array.from({ length: 16 }, (_, flags) =>
  JSON.stringify(FLAG_NAMES.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name)),
)

/** The JSON array that names a row's flags. */
export function flagsJson(flags: number): string {
  return FLAGS_JSON[flags & 15] as string
}

const MINUTE_US = 60_000_000
const THREE_DIGITS = Array.from({ length: 1_000 }, (_, n) => String(n).padStart(3, '0'))

/** Rows beside each other are of the same minute as a rule. */
class TimePrinter {
  #minuteUs = Number.NaN
  #minuteText = ''

  text(timeUs: number, subNs: number): string {
    // Of a time before 1970 the rest is negative.
    const rest = timeUs % MINUTE_US
    const us = rest < 0 ? rest + MINUTE_US : rest
    const minuteUs = timeUs - us
    if (minuteUs !== this.#minuteUs) {
      this.#minuteUs = minuteUs
      this.#minuteText = formatTime(minuteUs).slice(0, -'00.000Z'.length)
    }
    const ms = Math.floor(us / 1_000)
    const second = THREE_DIGITS[Math.floor(ms / 1_000)] as string
    let text = `${this.#minuteText}${second.slice(1)}.${THREE_DIGITS[ms % 1_000]}`
    if (us % 1_000 !== 0 || subNs !== 0) text += THREE_DIGITS[us % 1_000]
    if (subNs !== 0) text += THREE_DIGITS[subNs]
    return `${text}Z`
  }
}

/** Texts as JSON strings; those of a dictionary once. */
class TextPrinter {
  readonly #column: TextColumn
  readonly #heap: Buffer
  readonly #printed: (string | undefined)[] = []

  constructor(column: TextColumn) {
    this.#column = column
    this.#heap = Buffer.from(column.heap.buffer, column.heap.byteOffset, column.heap.length)
  }

  json(value: number): string {
    const entry = entryOf(this.#column, value)
    if (this.#column.indexes === 'each') return JSON.stringify(this.#text(entry))
    const printed = this.#printed[entry] ?? JSON.stringify(this.#text(entry))
    this.#printed[entry] = printed
    return printed
  }

  text(value: number): string {
    return this.#text(entryOf(this.#column, value))
  }

  #text(entry: number): string {
    const { offsets } = this.#column
    return this.#heap.toString('utf8', offsets[entry], offsets[entry + 1])
  }
}

class IdPrinter {
  readonly #width: number
  readonly #heap: Buffer
  readonly #rank: PresenceRank

  constructor({ width, presence, heap }: IdColumn) {
    this.#width = width
    this.#heap = Buffer.from(heap.buffer, heap.byteOffset, heap.length)
    this.#rank = new PresenceRank(presence)
  }

  json(index: number): string {
    const value = this.#rank.of(index)
    if (value < 0) return 'null'
    return `"${this.#heap.toString('hex', value * this.#width, (value + 1) * this.#width)}"`
  }
}

/** One attribute as a member of the row's `attributes`; '' where a row has none. */
class AttributePrinter {
  readonly #column: AttributeColumn
  readonly #name: string
  readonly #rank: PresenceRank
  #texts: TextPrinter | undefined

  constructor(column: AttributeColumn) {
    this.#column = column
    this.#name = `${JSON.stringify(column.key)}:`
    this.#rank = new PresenceRank(column.presence)
  }

  member(index: number): string {
    const value = this.#rank.of(index)
    return value < 0 ? '' : this.#name + this.#json(value)
  }

  #json(value: number): string {
    const column = this.#column
    switch (column.type) {
      case 's':
        this.#texts ??= new TextPrinter(column.texts)
        return this.#texts.json(value)
      case 'j':
        this.#texts ??= new TextPrinter(column.texts)
        return portableJson(this.#texts.text(value))
      case 'i':
        return intJson(column.ints, value)
      case 'd':
        return doubleJson(column.doubles[value] as number)
      case 'b':
        return column.bools[value] === 1 ? 'true' : 'false'
    }
  }
}

function intJson(pairs: Int32Array, value: number): string {
  const low = (pairs[value * 2] as number) >>> 0
  const number = (pairs[value * 2 + 1] as number) * 2 ** 32 + low
  return Number.isSafeInteger(number) ? String(number) : `"${pairText(pairs, value)}"`
}

/** JSON has no word for what is not finite; as text it is at least not lost. */
function doubleJson(double: number): string {
  return Number.isFinite(double) ? String(double) : `"${double}"`
}

function pairText(pairs: Int32Array, index: number): string {
  return String(joinInt64(pairs[index * 2] as number, pairs[index * 2 + 1] as number))
}

/** Characters of an id that its row does not change, and the digits of the others. */
const ID_PREFIX_CHARS = 24
const ID_DIGITS = '0123456789abcdefghijklmnopqrstuv'

/** Rows of one batch have ids that differ in the last four characters only. */
class RowIdPrinter {
  readonly #prefixOf = [Number.NaN, 0, 0, 0]
  #prefix = ''

  text({ producer, seq, row }: RowColumns, index: number): string {
    const [low, high] = [index * 2, index * 2 + 1]
    const [seqLow, seqHigh, producerLow, producerHigh] = this.#prefixOf
    const isKnown =
      seq[low] === seqLow &&
      seq[high] === seqHigh &&
      producer[low] === producerLow &&
      producer[high] === producerHigh
    if (!isKnown) {
      this.#prefixOf[0] = seq[low] as number
      this.#prefixOf[1] = seq[high] as number
      this.#prefixOf[2] = producer[low] as number
      this.#prefixOf[3] = producer[high] as number
      this.#prefix = prefixOf(producer, seq, index)
    }
    // Sixteen bits and four zeros, as proto/row-id.ts has them.
    const bits = (row[index] as number) << 4
    return (
      this.#prefix +
      (ID_DIGITS[bits >> 15] as string) +
      (ID_DIGITS[(bits >> 10) & 31] as string) +
      (ID_DIGITS[(bits >> 5) & 31] as string) +
      (ID_DIGITS[bits & 31] as string)
    )
  }
}

function prefixOf(producer: Int32Array, seq: Int32Array, index: number): string {
  const id = formatRowId({
    producerLow: producer[index * 2] as number,
    producerHigh: producer[index * 2 + 1] as number,
    seqLow: seq[index * 2] as number,
    seqHigh: seq[index * 2 + 1] as number,
    row: 0,
  })
  return id.slice(0, ID_PREFIX_CHARS)
}
