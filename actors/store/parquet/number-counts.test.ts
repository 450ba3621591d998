import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readNumberCodes, readNumbers } from '#actors/processing/row-values.ts'
import { readNumberCounts } from './number-counts.ts'
import { entriesOf, openRowGroup } from './reader.ts'
import { encodeRowGroup } from './row-group.ts'
import { chooseAttributes, segmentSchema } from './schema.ts'
import { indexOf, memoryFile } from './testing/memory-file.ts'
import { columnsOf, type PlainRow } from './testing/plain-rows.ts'
import { sampleRows } from './testing/sample-rows.ts'

/** What a row may have as its number, as plain-rows.ts writes it; null = none. */
const value = fc.constantFrom(
  null,
  ['i.n', '7'] as const,
  ['i.n', '-3'] as const,
  ['i.n', '9007199254740993'] as const,
  ['d.n', '0.5'] as const,
  ['d.n', '-0'] as const,
  ['d.n', 'NaN'] as const,
  ['s.n', 'text'] as const,
)
const rowsWithNumbers = fc
  .array(fc.tuple(value, fc.constantFrom('api', 'billing', '')), { minLength: 1, maxLength: 100 })
  // Numbers that hardly repeat are not counted.
  .map(some => Array.from({ length: 4 }, () => some).flat())
  .map(all =>
    sampleRows(all.length).map((row, i): PlainRow => {
      const [number, service] = all[i] as (typeof all)[number]
      return { ...row, service, attributes: number === null ? {} : { [number[0]]: number[1] } }
    }),
  )

function write(rows: readonly PlainRow[]) {
  const parts = [columnsOf(rows)]
  const group = encodeRowGroup(parts, segmentSchema(chooseAttributes(parts, 10)))
  const { read, footer } = memoryFile([group])
  const [stored] = footer.groups
  assert(stored !== undefined)
  return { group, stored, read }
}

/** A number as a text by which -0 differs from 0. */
function textOf(number: number): string {
  return Object.is(number, -0) ? '-0' : String(number)
}

function sorted(counts: ReadonlyMap<string, number>): [string, number][] {
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1))
}

test('an index counts the numbers of each column with a dictionary by service', () => {
  let columns = 0
  fc.assert(
    fc.property(rowsWithNumbers, plain => {
      const { group, stored, read } = write(plain)
      const { services } = group.summary.counts
      for (const [place, { sizes, codes, rows }] of indexOf(group).numberCounts()) {
        columns++
        const type = stored.schema.columns[place]?.name === 'attr.i.n' ? 'i' : 'd'
        assert.equal(stored.schema.columns[place]?.name, `attr.${type}.n`)
        const entries = entriesOf(read, stored, place)
        const found = new Map<string, number>()
        let at = 0
        for (const [service, size] of sizes.entries()) {
          for (const end = at + size; at < end; at++) {
            const number = textOf(entries[codes[at] as number] as number)
            found.set(`${services[service]} ${number}`, rows[at] as number)
          }
        }
        const expected = new Map<string, number>()
        for (const { service, attributes } of plain) {
          const number = attributes[`${type}.n`]
          if (number === undefined) continue
          const key = `${service} ${textOf(Number(number))}`
          expected.set(key, (expected.get(key) ?? 0) + 1)
        }
        assert.deepEqual(sorted(found), sorted(expected))
      }
    }),
  )
  assert.ok(columns > 20, `${columns} columns were counted`)
})

test('numbers by their dictionary are those of each row', () => {
  fc.assert(
    fc.property(rowsWithNumbers, fc.integer({ min: 1, max: 5 }), (plain, step) => {
      const { read, stored } = write(plain)
      const size = Math.ceil(plain.length / step)
      const selected = Uint32Array.from({ length: size }, (_, i) => i * step)
      const rows = openRowGroup(read, stored)
      const coded = readNumberCodes(rows, 'n', selected)
      if (coded === null) return
      const numbers = readNumbers(rows, 'n', selected)
      const expected = numbers ?? new Float64Array(size).fill(Number.NaN)
      assert.deepEqual(
        Float64Array.from(coded.codes, code => coded.entries[code] ?? 0),
        expected,
      )
    }),
  )
})

test('numbers that hardly repeat are not counted, nor is what is no number', () => {
  const { group } = write(
    sampleRows(2_000).map((row, i) => ({
      ...row,
      attributes: { 'i.order': String(i), 's.text': '200', 'i.status': String(200 + (i % 3)) },
    })),
  )
  const names = [...indexOf(group).numberCounts().keys()].map(
    place => group.schema.columns[place]?.name,
  )
  assert.deepEqual(names, ['attr.i.status'])
})

test('any bytes in place of counts are refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), bytes => {
      assert.throws(() => readNumberCounts(bytes), { code: 'LOGBOY_SEGMENT_CORRUPT' })
    }),
  )
})
