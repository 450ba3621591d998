import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { RowColumns } from '#proto/columns.ts'
import { splitInt64 } from '#proto/row-id.ts'
import {
  compareKeys,
  keyAt,
  mergeKeys,
  NO_KEYS,
  type Order,
  selectKeys,
  sliceKeys,
  smallest,
} from './row-keys.ts'

type Tuple = readonly [timeUs: number, subNs: number, producer: bigint, seq: bigint, row: number]

const tuple: fc.Arbitrary<Tuple> = fc.tuple(
  fc.constantFrom(0, 1, 1_000_000, 2 ** 50),
  fc.constantFrom(0, 1, 999),
  fc.constantFrom(1n, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn, 2n ** 62n, 2n ** 63n - 1n),
  fc.constantFrom(1n, 0x8000_0000n, (1n << 40n) | 5n, (0xffffn << 40n) | 0xff_ffff_ffffn),
  fc.nat({ max: 3 }),
)
const tuples = fc.uniqueArray(tuple, { maxLength: 60, selector: String })
const order = fc.constantFrom<Order>('desc', 'asc')

describe('row keys', () => {
  test('are selected in the total order, behind a place, up to a limit', () => {
    fc.assert(
      fc.property(
        tuples,
        order,
        fc.integer({ min: 1, max: 20 }),
        fc.nat(),
        (all, way, limit, n) => {
          const rows = rowsOf(all)
          const every = Uint32Array.from(all.keys())
          const after = all.length > 0 && n % 2 === 0 ? (all[n % all.length] as Tuple) : null
          const place = after && keyAt(selectKeys(rowsOf([after]), Uint32Array.of(0), ALL), 0)
          const found = selectKeys(rows, every, { order: way, limit, after: place })
          const expected = inOrder(all, way).filter(
            each => after === null || sign(way) * compareTuples(each, after) > 0,
          )
          assert.deepEqual(indexesOf(found, all), expected.slice(0, limit))
          const selection = { order: way, limit, after: place }
          const some = selectKeys(rows, every, selection, numbers =>
            rowsOf([...numbers].map(i => all[i] as Tuple)),
          )
          assert.deepEqual(some, found)
        },
      ),
    )
  })

  test('of two lists merge to the first of both', () => {
    fc.assert(
      fc.property(tuples, tuples, order, fc.integer({ min: 1, max: 40 }), (a, b, way, limit) => {
        const select = (list: readonly Tuple[]) =>
          selectKeys(rowsOf(list), Uint32Array.from(list.keys()), {
            order: way,
            limit,
            after: null,
          })
        const merged = mergeKeys(select(a), select(b), { order: way, limit })
        const expected = inOrder([...a, ...b], way).slice(0, limit)
        assert.equal(merged.count, expected.length)
        for (const [i, each] of expected.entries()) {
          const single = selectKeys(rowsOf([each]), Uint32Array.of(0), ALL)
          assert.equal(compareKeys(merged, i, single, 0), 0)
        }
      }),
    )
  })

  test('slices end where the list ends', () => {
    const keys = selectKeys(rowsOf([t(1), t(2), t(3)]), Uint32Array.of(0, 1, 2), ALL)
    assert.equal(sliceKeys(keys, 1, 9).count, 2)
    assert.equal(sliceKeys(keys, 5, 9).count, 0)
    assert.equal(keyAt(sliceKeys(keys, 1, 2), 0).timeUs, 2)
    assert.equal(mergeKeys(NO_KEYS, keys, { order: 'asc', limit: 2 }).count, 2)
  })

  test('the nth smallest is the nth in sorted order', () => {
    const numbers = fc.array(fc.double({ noNaN: true }), { minLength: 1 })
    fc.assert(
      fc.property(numbers, fc.nat(), (values, n) => {
        const at = n % values.length
        const sorted = Float64Array.from(values).sort()
        const found = smallest(Float64Array.from(values), at + 1)
        assert.ok(found === sorted[at], `${found} is not ${sorted[at]}`)
      }),
    )
  })
})

const ALL = { order: 'asc', limit: 1_000, after: null } as const

function t(timeUs: number): Tuple {
  return [timeUs, 0, 1n, 1n, 0]
}

function sign(way: Order): number {
  return way === 'asc' ? 1 : -1
}

function inOrder(list: readonly Tuple[], way: Order): Tuple[] {
  return [...list].sort((a, b) => sign(way) * compareTuples(a, b))
}

function compareTuples(a: Tuple, b: Tuple): number {
  for (const [i, part] of a.entries()) {
    const other = b[i] as number | bigint
    if (part !== other) return part < other ? -1 : 1
  }
  return 0
}

function indexesOf(found: { index: Uint32Array }, all: readonly Tuple[]): Tuple[] {
  return [...found.index].map(index => all[index] as Tuple)
}

/** Only the columns of the order. */
function rowsOf(all: readonly Tuple[]): RowColumns {
  const pairs = (values: readonly bigint[]): Int32Array =>
    Int32Array.from(values.map(splitInt64).flatMap(({ low, high }) => [low, high]))
  const columns: Partial<RowColumns> = {
    count: all.length,
    timeUs: Float64Array.from(all, ([timeUs]) => timeUs),
    timeSubNs: Uint16Array.from(all, ([, subNs]) => subNs),
    producer: pairs(all.map(([, , producer]) => producer)),
    seq: pairs(all.map(([, , , seq]) => seq)),
    row: Uint16Array.from(all, ([, , , , row]) => row),
  }
  return columns as RowColumns
}
