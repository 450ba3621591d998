import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changeText, countOf, countText, numberText, rateText, shortCount } from './number-text.ts'

test('counts keep every digit, or shrink to three and a unit', () => {
  assert.equal(countText(1_234_567), '1,234,567')
  assert.deepEqual([0, 999, 1000, 1240, 18_234, 999_999, 3_400_000, 2e9].map(shortCount), [
    '0',
    '999',
    '1k',
    '1.2k',
    '18.2k',
    '1M',
    '3.4M',
    '2G',
  ])
})

test('slow rates show a decimal, fast ones none', () => {
  assert.deepEqual([0, 0.4, 2, 12.34, 1240.2].map(rateText), ['0', '0.4', '2', '12', '1,240'])
})

test('a change is told in percent, a large one as a multiple', () => {
  const pairs = [
    [112, 100],
    [60, 100],
    [100, 100],
    [320, 100],
    [5000, 100],
    [3, 0],
    [0, 0],
  ] as const
  assert.deepEqual(
    pairs.map(([now, before]) => changeText(now, before)),
    ['+12 %', '−40 %', '±0 %', '×3.2', '×50', 'new', ''],
  )
})

test('numbers of any size are read at a glance', () => {
  assert.deepEqual([0, 12, 1234567, 87.12345, 0.00001234, -3.5].map(numberText), [
    '0',
    '12',
    '1,234,567',
    '87.123',
    '0.00001234',
    '-3.5',
  ])
})

test('one of something is one', () => {
  assert.deepEqual(
    [0, 1, 2_000].map(count => countOf(count, 'row')),
    ['0 rows', '1 row', '2,000 rows'],
  )
})
