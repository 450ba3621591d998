/** One condition of a query over columns: which column it looks at, and what it asks of it. */
import { type Level, levelOfSeverity } from '#proto/api.ts'
import { type IdColumn, isPresent, type RowColumns, type TextColumn } from '#proto/columns.ts'
import { levelsOf } from '#proto/query/level-condition.ts'
import { parseRegex } from '#proto/query/regex-parser.ts'
import { spanOf } from '#proto/query/times.ts'
import type { QueryLeaf } from '#proto/query/tree.ts'
import { formatRowId, parseRowId } from '#proto/row-id.ts'
import { filterAttribute, filterPresent } from './attribute-filter.ts'
import { COST, type Condition, either, merge, NO_ROWS } from './condition.ts'
import { filterIds } from './id-filter.ts'
import { patternCondition } from './pattern-condition.ts'
import { patternsNamed } from './patterns/pattern-groups.ts'
import { type ColumnTest, compilePhrase } from './phrase.ts'
import { compilePattern, type TextTest } from './regex.ts'
import { filterTexts } from './text-filter.ts'
import { compileTextTest, compileValueTest, type ValueLeaf, type ValueTest } from './value-test.ts'
import { compileMessageWildcard } from './wildcard.ts'

export function compileLeaf(leaf: QueryLeaf): Condition {
  if (leaf.type === 'phrase') return phraseCondition(leaf.tokens, leaf.hex)
  const { field } = leaf
  if (field === null) return messageScan(leaf)
  switch (field) {
    case 'level':
      return levelCondition(new Set(levelsOf(leaf)))
    case 'service':
    case 'host':
    case 'file':
      return textCondition(COST.name, leaf, rows => rows[field])
    case 'severity_text':
      return textCondition(COST.name, leaf, rows => rows.severityText)
    case 'message':
      return textCondition(COST.message, leaf, rows => rows.message)
    case 'time':
      return timeCondition(leaf, rows => rows.timeUs)
    case 'ingested_at':
      return timeCondition(leaf, rows => rows.receivedAtUs)
    case 'id':
      return rowIdCondition(leaf)
    case 'pattern_id':
      return leaf.type === 'exists' ? ALL : patternCondition(patternsNamed(leaf) ?? [])
    // What is not 32 or 16 hex digits stays an attribute of that name.
    case 'trace_id':
      return either([idCondition(leaf, rows => rows.traceId), attributeCondition(leaf, field)])
    case 'span_id':
      return either([idCondition(leaf, rows => rows.spanId), attributeCondition(leaf, field)])
    default:
      return attributeCondition(leaf, field)
  }
}

type FieldLeaf = Exclude<QueryLeaf, { readonly type: 'phrase' }>

const ALL: Condition = { cost: COST.number, narrow: (_, selected) => selected }
const NONE: Condition = { cost: COST.number, narrow: () => NO_ROWS }

function phraseCondition(tokens: readonly string[], hex: string | null): Condition {
  const phrase = messageCondition(COST.message, compilePhrase(tokens))
  if (hex === null) return phrase
  return either([
    hexCondition(hex, rows => (hex.length === 32 ? rows.traceId : rows.spanId)),
    phrase,
  ])
}

function messageCondition(cost: number, test: ColumnTest): Condition {
  return {
    cost,
    narrow: ({ message }, selected) => filterTexts(message, selected, test(message)),
  }
}

/** Without a field, wildcards and regular expressions look into the message. */
function messageScan(leaf: FieldLeaf): Condition {
  if (leaf.type === 'wildcard') {
    return messageCondition(COST.messageScan, compileMessageWildcard(leaf.parts))
  }
  if (leaf.type !== 'regex') return NONE
  const parsed = parseRegex(leaf.source, leaf.ignoreCase)
  if (parsed.type === 'fault') return NONE
  const test = compilePattern(parsed.branches)
  return messageCondition(COST.messageScan, ({ heap, offsets }) => entry => {
    return test(heap, offsets[entry] as number, offsets[entry + 1] as number)
  })
}

export function levelCondition(levels: ReadonlySet<Level>): Condition {
  const bySeverity = Array.from({ length: 256 }, (_, n) => n > 0 && levels.has(levelOfSeverity(n)))
  return {
    cost: COST.number,
    narrow({ severity }, selected) {
      return selected.filter(row => bySeverity[severity[row] as number])
    },
  }
}

/** [fromUs, toUs). */
export function spanCondition(
  fromUs: number,
  toUs: number,
  column: (rows: RowColumns) => Float64Array,
): Condition {
  return {
    cost: COST.number,
    narrow(rows, selected) {
      const times = column(rows)
      return selected.filter(row => {
        const time = times[row] as number
        return time >= fromUs && time < toUs
      })
    },
  }
}

function timeCondition(leaf: FieldLeaf, column: (rows: RowColumns) => Float64Array): Condition {
  if (leaf.type === 'exists') return ALL
  if (leaf.type !== 'range') return NONE
  const { fromUs, toUs } = spanOf(leaf)
  return spanCondition(fromUs, toUs, column)
}

function textCondition(
  cost: number,
  leaf: FieldLeaf,
  column: (rows: RowColumns) => TextColumn,
): Condition {
  return entryCondition(cost, column, presentText(leaf))
}

/** An empty text is a field that is not there: only `field:""` finds it. */
function presentText(leaf: FieldLeaf): TextTest {
  if (leaf.type === 'exists') return (_, start, end) => end > start
  const test = compileTextTest(leaf)
  if (leaf.type === 'field' || leaf.type === 'exact') return test
  return (heap, start, end) => end > start && test(heap, start, end)
}

/** A service by its name alone, as summaries know it. */
export function nameTest(leaf: FieldLeaf): (name: string) => boolean {
  const test = presentText(leaf)
  return name => {
    const bytes = Buffer.from(name)
    return test(bytes, 0, bytes.length)
  }
}

export function entryCondition(
  cost: number,
  column: (rows: RowColumns) => TextColumn,
  test: TextTest,
): Condition {
  return {
    cost,
    narrow(rows, selected) {
      const texts = column(rows)
      const { heap, offsets } = texts
      return filterTexts(texts, selected, entry =>
        test(heap, offsets[entry] as number, offsets[entry + 1] as number),
      )
    },
  }
}

function hexCondition(hex: string, column: (rows: RowColumns) => IdColumn): Condition {
  const bytes = Buffer.from(/^(?:[0-9a-f]{2})*$/i.test(hex) ? hex : '', 'hex')
  return {
    cost: COST.id,
    narrow: (rows, selected) => filterIds(column(rows), rows.count, selected, bytes),
  }
}

function idCondition(leaf: FieldLeaf, column: (rows: RowColumns) => IdColumn): Condition {
  switch (leaf.type) {
    case 'field':
      return hexCondition(leaf.value, column)
    case 'exact':
      return leaf.value === leaf.value.toLowerCase() ? hexCondition(leaf.value, column) : NONE
    case 'exists':
      return {
        cost: COST.id,
        narrow: (rows, selected) => filterPresent(column(rows), selected),
      }
    case 'range':
      return NONE
    default:
      return hexTextCondition(column, compileTextTest(leaf))
  }
}

/** Ids as the lower case digits that people see. */
function hexTextCondition(column: (rows: RowColumns) => IdColumn, test: TextTest): Condition {
  return {
    cost: COST.attribute,
    narrow(rows, selected) {
      const { presence, heap, width } = column(rows)
      const passed = new Set<number>()
      for (let row = 0, value = 0; row < rows.count; row++) {
        if (!isPresent(presence, row)) continue
        const start = value++ * width
        const digits = Buffer.from(Buffer.from(heap.subarray(start, start + width)).toString('hex'))
        if (test(digits, 0, digits.length)) passed.add(row)
      }
      return selected.filter(row => passed.has(row))
    },
  }
}

function attributeCondition(leaf: FieldLeaf, key: string): Condition {
  if (leaf.type === 'exists')
    return anyColumn(key, (column, _, rows) => filterPresent(column, rows))
  const test: ValueTest = compileValueTest(leaf satisfies ValueLeaf)
  return anyColumn(key, (column, count, rows) => filterAttribute(column, count, rows, test))
}

/** A key may have several columns, one a type. */
function anyColumn(
  key: string,
  filter: (
    column: RowColumns['attributes'][number],
    count: number,
    rows: Uint32Array,
  ) => Uint32Array,
): Condition {
  return {
    cost: COST.attribute,
    narrow(rows, selected) {
      return rows.attributes
        .filter(attribute => attribute.key === key)
        .map(column => filter(column, rows.count, selected))
        .reduce(merge, NO_ROWS)
    },
  }
}

function rowIdCondition(leaf: FieldLeaf): Condition {
  if (leaf.type === 'exists') return ALL
  if (leaf.type !== 'field' && leaf.type !== 'exact') return NONE
  const id = parseRowId(leaf.value)
  if (id === null || (leaf.type === 'exact' && formatRowId(id) !== leaf.value)) return NONE
  return {
    cost: COST.id,
    narrow({ producer, seq, row }, selected) {
      return selected.filter(
        i =>
          row[i] === id.row &&
          seq[i * 2] === id.seqLow &&
          seq[i * 2 + 1] === id.seqHigh &&
          producer[i * 2] === id.producerLow &&
          producer[i * 2 + 1] === id.producerHigh,
      )
    },
  }
}
