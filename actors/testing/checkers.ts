/** The promises of the pipeline as functions of what was sent, stored, found and followed. */
import assert from 'node:assert/strict'
import type { SearchResult } from '#actors/store/store.ts'
import { LEVELS, type Row } from '#proto/api.ts'
import { type Ledger, numberOf } from './ledger.ts'
import type { Pipeline } from './pipeline.ts'
import type { RecordedRow, Recorder } from './recorder.ts'
import type { Takes } from './removals.ts'
import { type Found, matches, type Searched } from './searching.ts'
import type { TailReader } from './tail-reader.ts'

/** Nothing acknowledged is lost, nothing refused is kept, and every source keeps its order. */
export function checkLog(ledger: Ledger, recorder: Recorder): void {
  for (const { number, fate, source } of ledger.logs) {
    const row = recorder.row(number)
    const name = `log ${number} of ${source}`
    if (fate === 'stored') assert(row !== undefined, `${name} was acknowledged and is lost`)
    if (fate === 'refused') assert(row === undefined, `${name} was refused and is stored`)
    assert(fate !== 'open', `${name} was never settled`)
  }
  const last = new Map<string, number>()
  for (const { number } of recorder.rows) {
    const sent = ledger.logs[number]
    assert(sent !== undefined, `row ${number} was never sent`)
    const before = last.get(sent.source) ?? -1
    assert(before < number, `${sent.source}: log ${number} is stored after ${before}`)
    last.set(sent.source, number)
  }
}

/** Rows that were removed before the search for sure, and that may have been until its end. */
export interface Removed {
  readonly gone: Takes
  readonly inDoubt: Takes
}

/**
 * A search finds exactly what the log delivered up to the position that it covers, less what was
 * removed; over several pages, later arrivals may come in between.
 */
export function checkSearch(
  searched: Searched,
  { rows, first }: Found,
  recorder: Recorder,
  removed: Removed,
): void {
  const numbers = rows.map(({ message }) => numberOf(message))
  const found = new Set(numbers)
  assert.equal(found.size, numbers.length, `a search found a log twice: ${repeated(numbers)}`)
  const isOnePage = first.next_cursor === null
  const covered = JSON.stringify(first.positions)
  const matching = recorder.rows.filter(row => matches(row, searched))
  let visible = 0
  for (const row of matching) {
    const name = `log ${row.number} at ${row.position}, received ${row.receivedAtUs},`
    if (found.delete(row.number)) {
      visible++
      assert(!removed.gone(row), `${name} was removed and is found`)
      assert(!isOnePage || first.positions.covers(row), `${name} is beyond ${covered}`)
    } else if (first.positions.covers(row)) {
      assert(removed.inDoubt(row), `${name} is not found up to ${covered}`)
    }
  }
  assert.deepEqual([...found], [], 'rows that are not in the log')
  checkRows(rows, recorder)
  if (isOnePage) checkCounts(first, visible)
}

function checkRows(rows: readonly Row[], recorder: Recorder): void {
  for (const { id, message, service, ingested_at: ingestedAt } of rows) {
    const row = recorder.row(numberOf(message))
    assert(row !== undefined)
    assert.deepEqual({ id, message, service }, pick(row), 'a row says what was sent')
    assert(ingestedAt.startsWith(isoSeconds(row.receivedAtUs)), `${ingestedAt} is when it came`)
  }
}

function pick({ id, message, service }: RecordedRow): object {
  return { id, message, service }
}

function isoSeconds(us: number): string {
  return new Date(Math.floor(us / 1_000)).toISOString().slice(0, 19)
}

function checkCounts({ total, aggregations }: SearchResult, visible: number): void {
  assert.equal(total, visible, 'the total counts the rows')
  const levels = LEVELS.map(level => aggregations.by_level[level] ?? 0)
  assert.equal(sum(levels), visible, 'levels add up to the total')
  assert.equal(sum(Object.values(aggregations.by_service)), visible, 'services add up')
  const bars = aggregations.histogram.flatMap(({ counts }) => Object.values(counts))
  assert.equal(sum(bars), visible, 'bars add up to the total')
}

/** What was delivered, dropped and told as a gap is what matched; nothing came twice. */
export function checkTail(reader: TailReader, recorder: Recorder): void {
  const { name, numbers, losses, start } = reader
  assert.equal(new Set(numbers).size, numbers.length, `${name} got twice ${repeated(numbers)}`)
  const wanted = recorder.rows.filter(row => reader.wants(row) && isAfter(row, start))
  const delivered = new Set(numbers)
  const missing = wanted.filter(({ number }) => !delivered.delete(number))
  assert.deepEqual([...delivered], [], `${name} got rows that it did not ask for`)
  const order = numbers.map(number => recorder.row(number) as RecordedRow)
  for (const [index, row] of order.entries()) {
    const before = order[index - 1]
    const isInOrder = before === undefined || comesBefore(before, row)
    assert(isInOrder, `${name} got ${row.number} after ${before?.number}`)
  }
  checkLosses(name, missing, losses)
}

function isAfter(row: RecordedRow, start: TailReader['start']): boolean {
  return start !== null && !start.positions.covers(row)
}

function comesBefore(a: RecordedRow, b: RecordedRow): boolean {
  return a.position === b.position ? a.row < b.row : a.position < b.position
}

function checkLosses(
  name: string,
  missing: readonly RecordedRow[],
  losses: TailReader['losses'],
): void {
  const inside = (row: RecordedRow, type: 'gap' | 'dropped'): boolean =>
    losses.some(loss => loss.type === type && isIn(row, loss))
  const outsideGaps = missing.filter(row => !inside(row, 'gap'))
  for (const { number, position } of outsideGaps.filter(row => !inside(row, 'dropped'))) {
    assert.fail(`${name} missed log ${number} at ${position} and was not told`)
  }
  const dropped = sum(losses.map(({ count }) => count))
  assert(
    dropped >= outsideGaps.length && dropped <= missing.length,
    `${name} was told of ${dropped} dropped rows and missed ${outsideGaps.length}`,
  )
}

function isIn({ receivedAtUs }: RecordedRow, { type, fromUs, toUs }: TailReader['losses'][0]) {
  return receivedAtUs >= fromUs && (type === 'gap' ? receivedAtUs < toUs : receivedAtUs <= toUs)
}

/** After a close: every actor has quit, and nobody holds memory of a batch any more. */
export function checkClosed({ system, arena }: Pipeline): void {
  system.assertQuit()
  const { batchesInUse, bytesInUse } = arena.observe()
  assert.deepEqual({ batchesInUse, bytesInUse }, { batchesInUse: 0, bytesInUse: 0 })
}

function repeated(numbers: readonly number[]): string {
  return numbers.filter((number, index) => numbers.indexOf(number) !== index).join(', ')
}

function sum(numbers: readonly (number | undefined)[]): number {
  return numbers.reduce<number>((total, number) => total + (number ?? 0), 0)
}
