/**
 * Which rows of a batch match which of very many queries. Conditions that most rules begin with
 * (a field has a value, the level, a word) are looked up in tables by what a batch has: its
 * dictionary entries once each, its words once each. A rule is looked at only if its rarest such
 * condition was met, and then only at those rows; all others cost what a tail's filter costs.
 */
import { LEVELS } from '#proto/api.ts'
import {
  entryOf,
  isPresent,
  numberOfPair,
  type RowColumns,
  type TextColumn,
} from '#proto/columns.ts'
import { fieldKind } from '#proto/query/field-kind.ts'
import { levelsOf } from '#proto/query/level-condition.ts'
import { certainText } from '#proto/query/pattern.ts'
import { parseRegex } from '#proto/query/regex-parser.ts'
import type { Query, QueryTerm, RegexTerm } from '#proto/query/tree.ts'
import { hashTokenText } from '#proto/tokens.ts'
import { type Condition, every, NO_ROWS } from '../condition.ts'
import { entryText } from '../folded-bytes.ts'
import { compileLeaf } from '../leaf-condition.ts'
import { LEVEL_OF_SEVERITY } from '../level-numbers.ts'
import { allRows, compileTerm } from '../matcher.ts'
import { seekValue } from '../sought-value.ts'
import { BatchWords } from './batch-words.ts'

type FieldTerm = Extract<QueryTerm, { readonly type: 'field' }>

/** Rows that met an indexed condition, in this batch. */
interface Posting {
  rows: Uint32Array
  count: number
  /** Rules for which it is the rarest condition. */
  readonly rules: number[]
}

interface IndexedRule {
  /** Those beside the one that leads to it; all must be met. */
  readonly others: readonly Posting[]
  /** What no table answers. */
  readonly rest: Condition
}

/** How many rows a condition leaves, as a guess: the lowest leads to the rule. */
const RARITY = { attribute: 0, word: 1, host: 2, service: 3, level: 4 } as const

export class RuleIndex {
  readonly #rules: IndexedRule[] = []
  /** Rules that no table leads to. */
  readonly #loose: number[] = []
  /** By field, by value with A-Z as a-z. */
  readonly #values = new Map<string, FieldValues>()
  /** Leaves by field and value: what answers where a field is no plain column of texts. */
  readonly #leaves = new Map<Posting, Condition>()
  /** By the bits of the levels that are meant. */
  readonly #levels = new Map<number, Posting>()
  readonly #words = new BatchWords<Posting>()
  readonly #met = new Set<Posting>()

  /** Rules are numbered in the order in which they are added. */
  add({ terms }: Query): void {
    const number = this.#rules.length
    const found: { readonly rarity: number; readonly posting: Posting }[] = []
    const rest: Condition[] = []
    for (const term of terms) {
      const indexed = this.#indexed(term)
      if (indexed !== null) found.push(indexed)
      // A word is found by its hash, and is not all that a phrase or an expression asks for.
      const isWhole = term.type !== 'phrase' && term.type !== 'regex'
      if (indexed === null || !isWhole) rest.push(compileTerm(term))
    }
    const [rarest, ...others] = found.toSorted((a, b) => a.rarity - b.rarity)
    if (rarest === undefined) this.#loose.push(number)
    else rarest.posting.rules.push(number)
    this.#rules.push({ others: others.map(({ posting }) => posting), rest: every(rest) })
  }

  /** Tells the matching rows (ascending) of every rule that has some. They are read only. */
  match(rows: RowColumns, take: (rule: number, selected: Uint32Array) => void): void {
    this.#post(rows)
    for (const posting of this.#met) {
      const own = posting.rows.subarray(0, posting.count)
      for (const number of posting.rules) this.#look(rows, number, own, take)
    }
    for (const number of this.#loose) this.#look(rows, number, allRows(rows.count), take)
    for (const posting of this.#met) posting.count = 0
    this.#met.clear()
  }

  #look(
    rows: RowColumns,
    number: number,
    from: Uint32Array,
    take: (rule: number, selected: Uint32Array) => void,
  ): void {
    const { others, rest } = this.#rules[number] as IndexedRule
    let selected = from
    for (const { rows: also, count } of others) {
      selected = count === 0 ? NO_ROWS : common(selected, also, count)
      if (selected.length === 0) return
    }
    const left = rest.narrow(rows, selected)
    if (left.length > 0) take(number, left)
  }

  #indexed(term: QueryTerm): { readonly rarity: number; readonly posting: Posting } | null {
    if (term.type === 'phrase') {
      if (term.hex !== null) return null
      return this.#word(term.tokens)
    }
    if (term.type === 'regex') return this.#word(certainWords(term))
    if (term.type !== 'field' && term.type !== 'range') return null
    const kind = fieldKind(term.field)
    if (kind === 'level')
      return { rarity: RARITY.level, posting: this.#levelPosting(levelsOf(term)) }
    if (term.type === 'range' || (kind !== 'name' && kind !== 'attribute')) return null
    const { field } = term
    const isKnown = field === 'host' || field === 'service'
    return { rarity: isKnown ? RARITY[field] : RARITY.attribute, posting: this.#valuePosting(term) }
  }

  /** The longest of words that a message must have. */
  #word(words: readonly string[]): { readonly rarity: number; readonly posting: Posting } | null {
    if (words.length === 0) return null
    const longest = words.reduce((a, b) => (b.length > a.length ? b : a))
    const posting = this.#words.of(hashTokenText(longest), emptyPosting)
    return { rarity: RARITY.word, posting }
  }

  #levelPosting(levels: Iterable<string>): Posting {
    let bits = 0
    for (const level of levels) bits |= 1 << LEVELS.findIndex(known => known === level)
    const posting = this.#levels.get(bits) ?? emptyPosting()
    this.#levels.set(bits, posting)
    return posting
  }

  #valuePosting(term: FieldTerm): Posting {
    const values = this.#values.get(term.field) ?? { texts: new Map(), numbers: new Map() }
    this.#values.set(term.field, values)
    const value = foldAscii(term.value)
    const known = values.texts.get(value)
    if (known !== undefined) return known
    const posting = emptyPosting()
    values.texts.set(value, posting)
    const { number } = seekValue(term.value)
    if (number !== null)
      values.numbers.set(number, [...(values.numbers.get(number) ?? []), posting])
    this.#leaves.set(posting, compileLeaf(term))
    return posting
  }

  #post(rows: RowColumns): void {
    for (const [field, values] of this.#values) this.#postValues(rows, field, values)
    if (this.#levels.size > 0) this.#postLevels(rows)
    if (this.#words.size === 0) return
    const { message, count } = rows
    this.#words.forEachRow(message, count, (posting, row) => this.#meet(posting, row))
  }

  #postValues(rows: RowColumns, field: string, values: FieldValues): void {
    const column = valuesOf(rows, field)
    if (column === 'none') return
    if (column !== null && 'ints' in column) return this.#postInts(column, rows.count, values)
    if (column === null) {
      for (const posting of values.texts.values()) {
        const condition = this.#leaves.get(posting) as Condition
        for (const row of condition.narrow(rows, allRows(rows.count))) this.#meet(posting, row)
      }
      return
    }
    const { texts, presence } = column
    // undefined = this entry was not looked up yet.
    const known: (Posting | null | undefined)[] = []
    for (let row = 0, value = 0; row < rows.count; row++) {
      if (!isPresent(presence, row)) continue
      const entry = entryOf(texts, value++)
      let posting = known[entry]
      if (posting === undefined) {
        posting = values.texts.get(foldAscii(entryText(texts, entry))) ?? null
        known[entry] = posting
      }
      if (posting !== null) this.#meet(posting, row)
    }
  }

  #postInts({ ints, presence }: Ints, count: number, { numbers }: FieldValues): void {
    for (let row = 0, value = 0; row < count; row++) {
      if (!isPresent(presence, row)) continue
      const number = numberOfPair(ints, value++)
      for (const posting of numbers.get(number) ?? []) this.#meet(posting, row)
    }
  }

  #postLevels({ severity, count }: RowColumns): void {
    for (const [bits, posting] of this.#levels) {
      for (let row = 0; row < count; row++) {
        const level = LEVEL_OF_SEVERITY[severity[row] as number] as number
        if ((bits & (1 << level)) !== 0) this.#meet(posting, row)
      }
    }
  }

  #meet(posting: Posting, row: number): void {
    const { count, rows } = posting
    if (count === 0) this.#met.add(posting)
    else if (rows[count - 1] === row) return
    if (count === rows.length) {
      posting.rows = new Uint32Array(Math.max(16, count * 2))
      posting.rows.set(rows)
    }
    posting.rows[count] = row
    posting.count = count + 1
  }
}

function emptyPosting(): Posting {
  return { rows: NO_ROWS as Uint32Array<ArrayBuffer>, count: 0, rules: [] }
}

interface Texts {
  readonly texts: TextColumn
  readonly presence: Uint8Array | null
}

interface Ints {
  readonly ints: Int32Array
  readonly presence: Uint8Array | null
}

/** What is sought in a field: as text with A-Z as a-z, and as number where it is written as one. */
interface FieldValues {
  readonly texts: Map<string, Posting>
  readonly numbers: Map<number, readonly Posting[]>
}

/** The values of a field if they are all of one kind; null = they are not; 'none' = there are none. */
function valuesOf(rows: RowColumns, field: string): Texts | Ints | null | 'none' {
  switch (field) {
    case 'service':
    case 'host':
    case 'file':
      return { texts: rows[field], presence: null }
    case 'severity_text':
      return { texts: rows.severityText, presence: null }
    default: {
      const columns = rows.attributes.filter(({ key }) => key === field)
      const [only] = columns
      if (only === undefined) return 'none'
      if (columns.length > 1) return null
      if (only.type === 's') return only
      return only.type === 'i' && areSafe(only.ints, only.present) ? only : null
    }
  }
}

/** Whole words in a text that every match has: those between two ASCII separators. */
function certainWords({ field, source, ignoreCase }: RegexTerm): readonly string[] {
  if (field !== null) return []
  const parsed = parseRegex(source, ignoreCase)
  if (parsed.type === 'fault') return []
  return (
    certainText(parsed.branches).match(/(?<=[\0-/:-@[-^`{-\x7f])\w+(?=[\0-/:-@[-^`{-\x7f])/g) ?? []
  )
}

/** Beyond 2^53 two integers may be the same number. */
function areSafe(ints: Int32Array, count: number): boolean {
  for (let value = 0; value < count; value++) {
    if (!Number.isSafeInteger(numberOfPair(ints, value))) return false
  }
  return true
}

/** Both ascending; the second is as long as `count`. */
function common(a: Uint32Array, b: Uint32Array, count: number): Uint32Array {
  const both = new Uint32Array(Math.min(a.length, count))
  let size = 0
  for (let i = 0, j = 0; i < a.length && j < count; ) {
    const [left, right] = [a[i] as number, b[j] as number]
    if (left === right) both[size++] = left
    if (left <= right) i++
    if (right <= left) j++
  }
  return both.subarray(0, size)
}

function foldAscii(text: string): string {
  return text.replace(/[A-Z]+/g, letters => letters.toLowerCase())
}
