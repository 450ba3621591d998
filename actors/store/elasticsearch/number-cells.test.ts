import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { quantile } from '../analysis/quantile.ts'
import { boundsOf, type Counted, cellOf, NumberCells, nextUp } from './number-cells.ts'

/** Few different ones, many, and neighbours that no arithmetic tells apart. */
const doubles = fc.double({ noNaN: true, noDefaultInfinity: true }).map(number => number + 0)
const NEIGHBOURS = [0, Number.MIN_VALUE, 1, nextUp(1), -1, 2 ** 53, Number.MAX_VALUE]
const numbers = fc
  .constantFrom(fc.integer({ min: -2, max: 2 }), doubles, fc.constantFrom(...NEIGHBOURS))
  .chain(each => fc.array(each, { minLength: 1, maxLength: 200 }))
const shares = fc.array(fc.constantFrom(0, 0.5, 0.75, 0.9, 0.95, 0.99, 1), { minLength: 1 })

test('counts and the numbers of a few cells make the quantile of all numbers', () => {
  const cells = fc.integer({ min: 1, max: 20 })
  fc.assert(
    fc.property(numbers, fc.array(fc.nat()), cells, shares, (all, picked, wanted, asked) => {
      const bounds = boundsOf(counted(picked.map(at => all[at % all.length] as number)), wanted)
      assert.ok(bounds.length <= 2 * wanted)
      const inCell = (cell: number): number[] => all.filter(each => cellOf(bounds, each) === cell)
      const counts = Array.from({ length: bounds.length + 1 }, (_, cell) => inCell(cell).length)
      const found = new NumberCells(bounds, counts)
      for (const cell of found.toRead(asked)) assert.ok(found.read(cell, counted(inCell(cell))))
      for (const share of asked) {
        assert.equal(found.quantile(share), quantile(Float64Array.from(all), share))
      }
    }),
  )
})

test('a number lies in the cell that begins at it, or last before it', () => {
  fc.assert(
    fc.property(fc.uniqueArray(doubles), doubles, (some, number) => {
      const bounds = some.toSorted((a, b) => a - b)
      assert.equal(cellOf(bounds, number), bounds.filter(bound => bound <= number).length)
      for (const [i, bound] of bounds.entries()) assert.equal(cellOf(bounds, bound), i + 1)
    }),
  )
})

test('a number that many rows have is a cell of its own, which nobody has to read', () => {
  const bounds = boundsOf(
    [
      { number: 1, rows: 5 },
      { number: 7, rows: 990 },
      { number: 9, rows: 5 },
    ],
    10,
  )
  assert.deepEqual(bounds, [7, nextUp(7)])
  const cells = new NumberCells(bounds, [5, 990, 5])
  assert.deepEqual(cells.toRead([0.5]), new Set())
  assert.equal(cells.quantile(0.5), 7)
  assert.deepEqual(cells.toRead([1]), new Set([2]))
})

test('no number, no quantile', () => {
  const cells = new NumberCells([], [0])
  assert.deepEqual(cells.toRead([0.95]), new Set())
  assert.equal(cells.quantile(0.95), null)
})

test('what was read is told apart from what was counted: rows went meanwhile', () => {
  const cells = new NumberCells([5], [1, 3])
  assert.deepEqual(cells.toRead([1]), new Set([1]))
  assert.equal(cells.read(1, [{ number: 6, rows: 2 }]), false)
  assert.equal(cells.read(1, [{ number: 6, rows: 3 }]), true)
})

test('the next double', () => {
  assert.equal(nextUp(0), Number.MIN_VALUE)
  assert.equal(nextUp(-Number.MIN_VALUE), -0)
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), number => {
      const next = nextUp(number)
      assert.ok(next > number)
      const middle = number / 2 + next / 2
      assert.ok(middle <= number || middle >= next)
    }),
  )
})

function counted(all: readonly number[]): Counted[] {
  const rows = new Map<number, number>()
  for (const number of all) rows.set(number, (rows.get(number) ?? 0) + 1)
  return [...rows]
    .map(([number, count]) => ({ number, rows: count }))
    .sort((a, b) => a.number - b.number)
}
