/** Logs by group: added row by row or by summaries, on any thread, and merged. */
import { type KeyCodes, keyCodes } from '#actors/processing/key-codes.ts'
import { readNumberCodes, readNumbers } from '#actors/processing/row-values.ts'
import { LEVELS } from '#proto/api.ts'
import type { RowColumns } from '#proto/columns.ts'
import { ANALYSIS_GROUPS_MAX } from '#proto/limits.ts'
import type { CellFilter, Cells } from '../tally.ts'
import type { GroupsWanted } from './groups-wanted.ts'
import type { NumberTable } from './number-table.ts'
import { Numbers, type NumbersPart } from './numbers.ts'

/** null = the logs of the group do not have the field. */
export type KeyPart = string | null

/** Groups as they cross threads: parallel arrays. */
export interface GroupsPart {
  /** For each field its part of every key. */
  readonly keys: readonly (readonly KeyPart[])[]
  /** Start of each group's bar in µs; empty without bars. */
  readonly bars: Float64Array
  readonly rows: Float64Array
  readonly numbers: readonly NumbersPart[]
  /** What was more than can be held: then nothing here is whole. */
  readonly excess: Excess | null
}

export type Excess = 'groups' | 'bytes'

const MINUTE_US = 60_000_000
/** A table of so many places is filled faster than a map. */
const PLACES_MAX = 65_536
const NEW = -1
/** A group in its map and arrays, and a character of its key. */
const GROUP_BYTES = 160
const KEY_CHAR_BYTES = 4

export class Groups {
  readonly wanted: GroupsWanted
  readonly #places = new Map<string, number>()
  readonly #keys: KeyPart[][]
  readonly #bars: number[] = []
  readonly #rows: number[] = []
  readonly #numbers: readonly Numbers[]
  readonly #onGrown: (bytes: number) => void
  #chars = 0
  #excess: Excess | null = null

  /** `onGrown` is told how many bytes are held by now, and may throw. */
  constructor(wanted: GroupsWanted, onGrown: (bytes: number) => void = () => undefined) {
    this.wanted = wanted
    this.#onGrown = onGrown
    this.#keys = wanted.by.map(() => [])
    this.#numbers = wanted.numbers.map(({ isEach }) => new Numbers(isEach))
  }

  get excess(): Excess | null {
    return this.#excess
  }

  /** Logs of all groups. */
  get total(): number {
    return this.#rows.reduce((sum, rows) => sum + rows, 0)
  }

  /** About what is held: texts twice, as whole keys and in parts. */
  get bytes(): number {
    const numbers = this.#numbers.reduce((sum, { bytes }) => sum + bytes, 0)
    return this.#places.size * GROUP_BYTES + this.#chars * KEY_CHAR_BYTES + numbers
  }

  addRows(rows: RowColumns, selected: Uint32Array): void {
    if (this.#excess !== null || selected.length === 0) return
    const groupOf = this.#groupsOfRows(rows, selected)
    if (this.#excess !== null) return
    for (const group of groupOf) this.#rows[group] = (this.#rows[group] as number) + 1
    for (const [i, { field }] of this.wanted.numbers.entries()) {
      const numbers = this.#numbers[i] as Numbers
      const coded = readNumberCodes(rows, field, selected)
      if (coded !== null) {
        numbers.addCodes(groupOf, coded)
        continue
      }
      const values = readNumbers(rows, field, selected)
      if (values === null) continue
      for (let row = 0; row < values.length; row++) {
        const value = values[row] as number
        if (Number.isFinite(value)) numbers.add(groupOf[row] as number, value)
      }
    }
    this.#grown()
  }

  /** Adds the cells of a summary that the filter takes: see isSummarized. */
  addCells(cells: Cells, filter: CellFilter): void {
    const { services, minute, service, level, count } = cells
    const taken = services.map(name => filter.levelsOf(name))
    const { barUs, by } = this.wanted
    const [hasService, hasLevel] = [by.includes('service'), by.includes('level')]
    const places = new Map<number, number>()
    let [lastCode, group] = [NEW, NEW]
    for (let cell = 0; cell < count.length; cell++) {
      const at = minute[cell] as number
      const [serviceAt, levelAt] = [service[cell] as number, level[cell] as number]
      if (at < filter.firstMinute || at > filter.lastMinute) continue
      if (((taken[serviceAt] as number) & (1 << levelAt)) === 0) continue
      const bar = barUs === null ? 0 : Math.floor((at * MINUTE_US) / barUs)
      const serviceCode = hasService ? serviceAt : 0
      const code = (bar * services.length + serviceCode) * LEVELS.length + (hasLevel ? levelAt : 0)
      // Cells come in order of time: the last group is often the next one.
      if (code !== lastCode) {
        group = places.get(code) ?? NEW
        if (group === NEW) {
          const parts = by.map(field =>
            field === 'level' ? (LEVELS[levelAt] as string) : services[serviceAt] || null,
          )
          group = this.#open(bar * (barUs ?? 0), parts)
          places.set(code, group)
        }
        lastCode = code
      }
      this.#rows[group] = (this.#rows[group] as number) + (count[cell] as number)
    }
    this.#grown()
  }

  /** Adds numbers of field `at` by service; see isOfServices. Their rows came as cells. */
  addNumbers(at: number, table: NumberTable): void {
    for (const [service, values, times] of table.services()) {
      const group = this.#open(
        0,
        this.wanted.by.map(() => service || null),
      )
      this.#numbers[at]?.addDifferent(group, values, times)
    }
    this.#grown()
  }

  merge({ keys, bars, rows, numbers, excess }: GroupsPart): void {
    this.#excess ??= excess
    if (this.#excess !== null) return
    const groupOf = new Int32Array(rows.length)
    for (let i = 0; i < groupOf.length; i++) {
      const parts = keys.map(column => column[i] as KeyPart)
      const group = this.#open(bars[i] ?? 0, parts)
      groupOf[i] = group
      this.#rows[group] = (this.#rows[group] as number) + (rows[i] as number)
    }
    if (this.#excess !== null) return
    for (const [i, part] of numbers.entries()) this.#numbers[i]?.merge(part, groupOf)
    this.#grown()
  }

  part(): GroupsPart {
    return {
      keys: this.#keys,
      bars: Float64Array.from(this.wanted.barUs === null ? [] : this.#bars),
      rows: Float64Array.from(this.#rows),
      numbers: this.#numbers.map(numbers => numbers.part()),
      excess: this.#excess,
    }
  }

  #grown(): void {
    const { bytes } = this
    if (bytes > this.wanted.bytesMax) this.#excess ??= 'bytes'
    this.#onGrown(bytes)
  }

  /** The group with this key, made if there is none; any one once there are too many. */
  #open(barUs: number, parts: readonly KeyPart[]): number {
    const key = keyOf(this.wanted.barUs === null ? null : barUs, parts)
    const known = this.#places.get(key)
    if (known !== undefined) return known
    if (this.#places.size >= ANALYSIS_GROUPS_MAX) this.#excess = 'groups'
    // One row group may have more texts than can be held.
    else if (this.#chars * KEY_CHAR_BYTES > this.wanted.bytesMax) this.#excess = 'bytes'
    if (this.#excess !== null) return 0
    this.#chars += key.length
    const group = this.#places.size
    this.#places.set(key, group)
    for (const [i, part] of parts.entries()) this.#keys[i]?.push(part)
    this.#bars.push(barUs)
    this.#rows.push(0)
    for (const numbers of this.#numbers) numbers.open()
    return group
  }

  #groupsOfRows(rows: RowColumns, selected: Uint32Array): Int32Array {
    const { barUs, by } = this.wanted
    const bars = barUs === null ? null : barCodes(rows.timeUs, barUs, selected)
    const columns = by.map(field => keyCodes(rows, field, selected))
    const combined = combine(bars === null ? columns : [bars, ...columns], selected.length)
    const { codes, size } = combined
    const places = size <= PLACES_MAX ? new Int32Array(size).fill(NEW) : null
    const map = new Map<number, number>()
    const groupOf = new Int32Array(selected.length)
    for (let row = 0; row < groupOf.length; row++) {
      const code = codes[row] as number
      let group = places === null ? (map.get(code) ?? NEW) : (places[code] as number)
      if (group === NEW) {
        const parts = columns.map(({ codes: own, textOf }) => textOf(own[row] as number))
        group = this.#open(bars === null ? 0 : bars.startOf(bars.codes[row] as number), parts)
        if (this.#excess !== null) return groupOf
        if (places === null) map.set(code, group)
        else places[code] = group
      }
      groupOf[row] = group
    }
    return groupOf
  }
}

/** Whether summaries of minute, service and level say all that is wanted. */
export function isSummarized({ barUs, by, numbers }: GroupsWanted): boolean {
  const isMinutes = barUs === null || barUs % MINUTE_US === 0
  return isMinutes && numbers.length === 0 && by.every(isOfSummary)
}

/** Whether counts of numbers by service say all that is wanted. */
export function isOfServices({ barUs, by, numbers }: GroupsWanted): boolean {
  return barUs === null && numbers.length > 0 && by.every(field => field === 'service')
}

function isOfSummary(field: string): boolean {
  return field === 'level' || field === 'service'
}

/** Different keys have different texts. */
function keyOf(barUs: number | null, parts: readonly KeyPart[]): string {
  let key = barUs === null ? '' : `${barUs};`
  for (const part of parts) key += part === null ? '-' : `${part.length}:${part}`
  return key
}

interface BarCodes {
  readonly codes: Int32Array
  readonly size: number
  readonly startOf: (code: number) => number
}

/** Bars begin at whole multiples of their width since 1970, in UTC. */
function barCodes(timeUs: Float64Array, barUs: number, selected: Uint32Array): BarCodes {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const row of selected) {
    const bar = Math.floor((timeUs[row] as number) / barUs)
    if (bar < first) first = bar
    if (bar > last) last = bar
  }
  const codes = new Int32Array(selected.length)
  for (let i = 0; i < codes.length; i++) {
    codes[i] = Math.floor((timeUs[selected[i] as number] as number) / barUs) - first
  }
  return { codes, size: last - first + 1, startOf: code => (first + code) * barUs }
}

type Codes = Pick<KeyCodes, 'codes' | 'size'>

/** One code for all parts of a key. Codes are made dense where their product would be too large. */
function combine(
  columns: readonly Codes[],
  count: number,
): { codes: ArrayLike<number>; size: number } {
  const [first, ...others] = columns
  if (first === undefined) return { codes: new Int32Array(count), size: 1 }
  let { codes, size }: { codes: Float64Array | Int32Array; size: number } = first
  for (const column of others) {
    if (size * column.size > Number.MAX_SAFE_INTEGER) [codes, size] = dense(codes)
    const next = new Float64Array(count)
    for (let i = 0; i < count; i++) {
      next[i] = (codes[i] as number) * column.size + (column.codes[i] as number)
    }
    codes = next
    size *= column.size
  }
  return { codes, size }
}

function dense(codes: ArrayLike<number>): [codes: Int32Array, size: number] {
  const known = new Map<number, number>()
  const result = Int32Array.from(codes, code => {
    const place = known.get(code) ?? known.size
    known.set(code, place)
    return place
  })
  return [result, known.size]
}
