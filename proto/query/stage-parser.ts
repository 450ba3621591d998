/**
 * What stands behind the bars of a query, read stage by stage:
 *
 *   measures ["by" names]            timechart [width] [measures] ["by" names]
 *   top [n] name    uniq name    patterns    fields names    sort ["-"]column, …    limit n
 */
import {
  ANALYSIS_COLUMNS_MAX,
  ANALYSIS_KEYS_MAX,
  ANALYSIS_ROWS_MAX,
  ANALYSIS_STAGES_MAX,
  SEARCH_LIMIT_MAX,
} from '../limits.ts'
import { parseDuration } from '../time.ts'
import {
  type Measure,
  measureName,
  NUMBER_FUNCTIONS,
  type NumberFunction,
  type SortKey,
  type Stage,
  TOP_COUNT_DEFAULT,
} from './analysis.ts'
import { fieldKind } from './field-kind.ts'
import { meantName } from './known-names.ts'
import { printColumn } from './print-stages.ts'
import { StageOrder } from './stage-order.ts'
import type { TextReader } from './text-reader.ts'

const WORD = /[\p{L}\p{N}_]+/uy
const BY = /by(?=[\s",|]|$)/iy
const WHOLE = /\d+(?=[\s|]|$)/y
const WIDTH = /\d[\p{L}\p{N}_.]*/uy
const TO_BRACKET = /[^|)]*\)?/y
const STAGES = ['count', 'timechart', 'top', 'uniq', 'patterns', 'fields', 'sort', 'limit']

export class StageParser {
  readonly #reader: TextReader
  readonly #order: StageOrder
  readonly #stages: Stage[] = []

  constructor(reader: TextReader) {
    this.#reader = reader
    this.#order = new StageOrder(reader)
  }

  /** From the first bar to the end of the text. Throws a QueryFaultError. */
  stages(): readonly Stage[] {
    const reader = this.#reader
    while (!reader.isAtEnd) {
      const bar = reader.at
      reader.take('|')
      reader.skipSpace()
      if (this.#stages.length === ANALYSIS_STAGES_MAX) {
        reader.fail(bar, {
          message: `a query has at most ${ANALYSIS_STAGES_MAX} stages`,
          expected: 'fewer of them',
          suggestion: reader.text.slice(0, bar).trim(),
          length: 1,
        })
      }
      const start = reader.at
      const stage = this.#stage(bar)
      this.#order.add(stage, start)
      this.#stages.push(stage)
      reader.skipSpace()
      if (!reader.isAtEnd && reader.next !== '|') this.#refuseRest()
    }
    return this.#stages
  }

  #refuseRest(): never {
    const reader = this.#reader
    const start = reader.at
    const end = reader.text.indexOf('|', start)
    reader.at = end < 0 ? reader.text.length : end
    return reader.fail(start, {
      message: 'the stage has ended before this',
      expected: 'a comma between names, by before those to group by, or | before another stage',
      suggestion: reader.replaced(start, ''),
    })
  }

  #stage(bar: number): Stage {
    const reader = this.#reader
    const start = reader.at
    const name = reader.match(WORD)?.toLowerCase() ?? ''
    switch (name) {
      case 'timechart':
        return this.#timechart()
      case 'top':
        return { type: 'top', count: this.#topCount(), field: this.#key('top') }
      case 'uniq':
        return { type: 'uniq', field: this.#key('uniq') }
      case 'patterns':
        return { type: 'patterns' }
      case 'fields':
        return { type: 'fields', fields: this.#list('fields', () => this.#column('fields')) }
      case 'sort':
        return { type: 'sort', keys: this.#list('sort', () => this.#sortKey()) }
      case 'limit':
        return { type: 'limit', count: this.#limit() }
      default: {
        if (name === '') return this.#refuseNothing(bar)
        if (!isFunction(name)) return this.#refuseStage(start, name)
        reader.at = start
        const measures = this.#list('|', () => this.#measure())
        return { type: 'summarize', measures, by: this.#by() }
      }
    }
  }

  #refuseNothing(bar: number): never {
    const reader = this.#reader
    const rest = reader.text.slice(reader.at).split('|', 1)[0] ?? ''
    const isEmpty = rest.trim() === ''
    if (!isEmpty) {
      const start = reader.at
      reader.at += rest.trimEnd().length
      return reader.fail(start, { ...this.#unknownStage(rest.trim()), suggestion: null })
    }
    return reader.fail(bar, {
      message: 'there is nothing behind this |',
      expected: `a stage: ${STAGES.join(', ')}; or quotation marks around the | for the sign`,
      suggestion: reader.replaced(bar, ''),
      length: 1,
    })
  }

  #refuseStage(start: number, name: string): never {
    const other = meantName(name, [...STAGES, ...NUMBER_FUNCTIONS])
    return this.#reader.fail(start, {
      ...this.#unknownStage(name),
      suggestion: other === null ? null : this.#reader.replaced(start, other),
    })
  }

  #unknownStage(name: string): { readonly message: string; readonly expected: string } {
    return {
      message: `there is no stage ${name}`,
      expected: `${STAGES.join(', ')}, or one of ${NUMBER_FUNCTIONS.join(', ')} of a field`,
    }
  }

  #timechart(): Stage {
    const reader = this.#reader
    reader.skipSpace()
    const everyS = this.#width()
    reader.skipSpace()
    const isOver = reader.isAtEnd || reader.next === '|' || this.#isBy()
    const measures: readonly Measure[] = isOver
      ? [{ fn: 'count' }]
      : this.#list('timechart', () => this.#measure())
    return { type: 'timechart', everyS, measures, by: this.#by() }
  }

  #width(): number | null {
    const reader = this.#reader
    const start = reader.at
    const text = reader.match(WIDTH)
    if (text === null) return null
    const seconds = parseDuration(text)
    if (seconds !== null) return seconds
    return reader.fail(start, {
      message: `${text} is no width of a bar`,
      expected: 'a number with s, m, h, d or w behind it, such as 5m',
      suggestion: null,
    })
  }

  #measure(): Measure {
    const reader = this.#reader
    const start = reader.at
    const name = reader.match(WORD)?.toLowerCase() ?? ''
    if (name === 'count') {
      if (reader.take('(') && !reader.take(')')) this.#refuseCountOf(start)
      return { fn: 'count' }
    }
    const fn = NUMBER_FUNCTIONS.find(known => known === name)
    if (fn === undefined) {
      const other = meantName(name, ['count', ...NUMBER_FUNCTIONS])
      return reader.fail(start, {
        message: name === '' ? 'something to compute is missing' : `there is no function ${name}`,
        expected: `count, or one of ${NUMBER_FUNCTIONS.join(', ')} of a field`,
        suggestion: other === null || name === '' ? null : reader.replaced(start, other),
      })
    }
    return { fn, field: this.#argument(fn, start) }
  }

  #refuseCountOf(start: number): never {
    this.#reader.match(TO_BRACKET)
    return this.#reader.fail(start, {
      message: 'count counts logs, whatever fields they have',
      expected: 'count, with a condition such as user:* before the |',
      suggestion: this.#reader.replaced(start, 'count'),
    })
  }

  /** `(field)` behind the name of a function. */
  #argument(fn: NumberFunction, start: number): string {
    const reader = this.#reader
    const open = reader.at
    const field = reader.take('(') ? this.#nameInside() : ''
    const end = reader.at
    reader.skipSpace()
    if (field === '' || !reader.take(')')) {
      reader.at = end
      return reader.fail(start, {
        message: `${fn} needs a field in brackets`,
        expected: `${fn}(field)`,
        suggestion: field === '' ? null : reader.replaced(open, `(${printColumn(field)})`),
      })
    }
    if (fieldKind(field) === 'attribute') return field
    return reader.fail(start, {
      message: `${field} is no field of numbers`,
      expected: `${fn} of an attribute such as duration_ms`,
      suggestion: null,
    })
  }

  #nameInside(): string {
    this.#reader.skipSpace()
    return this.#reader.name() ?? ''
  }

  #isBy(): boolean {
    BY.lastIndex = this.#reader.at
    return BY.test(this.#reader.text)
  }

  #by(): readonly string[] {
    const reader = this.#reader
    reader.skipSpace()
    if (reader.match(BY) === null) return []
    const start = reader.at
    const fields = this.#list('by', () => this.#key('by'))
    if (fields.length > ANALYSIS_KEYS_MAX) {
      reader.fail(start, {
        message: `at most ${ANALYSIS_KEYS_MAX} fields are grouped by`,
        expected: 'fewer fields',
        suggestion: null,
      })
    }
    return fields
  }

  /** A field that logs can be grouped by. */
  #key(what: string): string {
    const reader = this.#reader
    reader.skipSpace()
    const start = reader.at
    const field = this.#column(what)
    const kind = fieldKind(field)
    if (kind === 'pattern') {
      reader.fail(start, {
        message: 'patterns have a stage of their own',
        expected: '| patterns',
        suggestion: null,
      })
    }
    if (kind !== 'time' && kind !== 'id') return field
    return reader.fail(start, {
      message: `${field} is different in nearly every log`,
      expected: kind === 'time' ? 'another field, or timechart 5m' : 'another field',
      suggestion: null,
    })
  }

  /** One or more, with commas. */
  #list<Item>(what: string, read: () => Item): readonly Item[] {
    const reader = this.#reader
    const items: Item[] = []
    const start = reader.at
    do {
      reader.skipSpace()
      items.push(read())
      reader.skipSpace()
    } while (reader.take(','))
    if (items.length > ANALYSIS_COLUMNS_MAX) {
      reader.fail(start, {
        message: `${what} takes at most ${ANALYSIS_COLUMNS_MAX}`,
        expected: 'fewer of them',
        suggestion: null,
      })
    }
    return items
  }

  /** A name, or a measure as its column is named. */
  #column(what: string): string {
    const reader = this.#reader
    reader.skipSpace()
    const start = reader.at
    const isQuoted = reader.next === '"'
    const name = reader.name() ?? ''
    if (name === '' || (!isQuoted && name.toLowerCase() === 'by')) {
      return reader.fail(start, {
        message: `a name is missing behind ${what}`,
        expected: 'the name of a field; odd ones in quotation marks',
        suggestion: null,
      })
    }
    const fn = NUMBER_FUNCTIONS.find(known => known === name.toLowerCase())
    if (isQuoted || reader.next !== '(' || what === 'by' || fn === undefined) return name
    return measureName({ fn, field: this.#argument(fn, start) })
  }

  #sortKey(): SortKey {
    const isDescending = this.#reader.take('-')
    return { column: this.#column('sort'), isDescending }
  }

  #topCount(): number {
    const reader = this.#reader
    reader.skipSpace()
    const start = reader.at
    const text = reader.match(WHOLE)
    return text === null ? TOP_COUNT_DEFAULT : this.#whole(text, start, ANALYSIS_ROWS_MAX)
  }

  #limit(): number {
    const reader = this.#reader
    reader.skipSpace()
    const start = reader.at
    const text = reader.match(WHOLE)
    if (text !== null) return this.#whole(text, start, SEARCH_LIMIT_MAX)
    return reader.fail(start, {
      message: 'a number is missing behind limit',
      expected: 'how many rows, such as limit 10',
      suggestion: null,
    })
  }

  #whole(text: string, start: number, max: number): number {
    const count = Number(text)
    if (count >= 1 && count <= max) return count
    return this.#reader.fail(start, {
      message: `${text} is not between 1 and ${max}`,
      expected: `a number from 1 to ${max}`,
      suggestion: this.#reader.replaced(start, String(count < 1 ? 1 : max)),
    })
  }
}

function isFunction(name: string): boolean {
  return name === 'count' || NUMBER_FUNCTIONS.some(known => known === name)
}
