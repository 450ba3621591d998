import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Row } from '#proto/api.ts'
import { FakeData } from '../../testing/fake-data.ts'
import { COLUMNS_DEFAULT } from './columns-model.ts'
import { heightsOf, type LayoutWish, layoutOf } from './row-layout-model.ts'
import { RowSequence } from './row-sequence.ts'
import { ROW_LINES_MAX, textParts, wrappedLines } from './row-text-model.ts'

const wish: LayoutWish = {
  width: 1200,
  columns: COLUMNS_DEFAULT,
  dated: false,
  density: 'normal',
  wrap: false,
  charWidth: 7.25,
}
const [sample] = new FakeData(5).history(1, 0, 1000) as [Row]
const withMessage = (message: string): Row => ({ ...sample, attributes: {}, message })

test('columns take their widths, the message the rest', () => {
  const { template, widthMin, stacked } = layoutOf(wish)
  assert.equal(template, '104px 52px 148px 104px minmax(280px, 1fr)')
  assert.deepEqual([widthMin, stacked], [29 + 104 + 52 + 148 + 104 + 4 * 12 + 280, false])
})

test('where there is no room for columns the message stands below', () => {
  const { stacked, widthMin } = layoutOf({ ...wish, width: 390 })
  assert.deepEqual([stacked, widthMin], [true, 0])
})

test('a wrapped row is as high as its lines, up to a limit', () => {
  const lines = (message: string, chars = 10) => wrappedLines(withMessage(message), chars)
  assert.deepEqual(
    ['', 'short', 'exactly ten', 'a\n\nb', '日本語日本語'].map(text => lines(text)),
    [1, 1, 2, 3, 2],
  )
  assert.equal(lines('x'.repeat(100_000)), ROW_LINES_MAX)
  assert.equal(lines('{"a":1}', 40), 3, 'JSON is indented')
})

test('tops grow with every row, and each height belongs to its row', () => {
  const layout = layoutOf({ ...wish, wrap: true })
  const message = fc.string({ maxLength: 900 })
  fc.assert(
    fc.property(fc.array(message, { minLength: 1, maxLength: 60 }), messages => {
      const heights = heightsOf(new RowSequence(messages.map(withMessage)), layout)
      for (let index = 0; index < messages.length; index++) {
        const [top, next] = [heights.top(index), heights.top(index + 1)]
        assert.ok(next - top >= layout.rowHeight)
        assert.equal(heights.indexAt(top), index)
        assert.equal(heights.indexAt(next - 1), index)
      }
      assert.equal(heights.top(messages.length), heights.total)
      assert.equal(heights.indexAt(heights.total + 5000), messages.length - 1)
    }),
  )
})

test('colours and hits cut the text, which stays what it was', () => {
  const text = 'one two three four'
  const runs = [
    { start: 2, end: 6, style: 'ansi-1' },
    { start: 8, end: 13, style: 'ansi-2' },
  ]
  const parts = textParts({ text, runs }, [['two'], ['four']])
  assert.equal(parts.map(part => part.text).join(''), text)
  assert.deepEqual(
    parts.filter(({ hit }) => hit).map(part => [part.text, part.style]),
    [
      ['tw', 'ansi-1'],
      ['o', ''],
      ['four', ''],
    ],
  )
  assert.deepEqual(
    parts.filter(({ style }) => style === 'ansi-2').map(part => part.text),
    ['three'],
  )
})

test('heights of pages add up, and stay where their rows go', () => {
  const layout = layoutOf({ ...wish, wrap: true })
  const page = (text: string) => {
    const rows = Array.from({ length: 50 }, (_, i) => withMessage(text.repeat(1 + (i % 30))))
    const last = { time: '', id: '' }
    return { key: {}, cursor: '', count: rows.length, last, rows }
  }
  const [head, pages] = [[withMessage('x'.repeat(500))], [page('some words '), page('others ')]]
  const all = heightsOf(new RowSequence(head, pages), layout)
  const flat = [...head, ...pages.flatMap(({ rows }) => rows)]
  const expected = heightsOf(new RowSequence(flat), layout)
  const gone = pages.map(each => ({ ...each, rows: null }))
  for (const heights of [all, heightsOf(new RowSequence(head, gone), layout)]) {
    assert.equal(heights.total, expected.total)
    for (let index = 0; index <= flat.length; index++) {
      assert.equal(heights.top(index), expected.top(index), `${index}`)
    }
    for (let y = 0; y < expected.total + 100; y += 13) {
      assert.equal(heights.indexAt(y), expected.indexAt(y), `${y}`)
    }
  }
})
