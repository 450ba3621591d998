import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readAnsi } from './ansi-model.ts'

const E = '\u001b'

test('colours become class names, and the text is what is read', () => {
  const { text, runs } = readAnsi(`a ${E}[1;31mred${E}[0m b ${E}[38;5;46mgreen${E}[39m`)
  assert.equal(text, 'a red b green')
  assert.deepEqual(runs, [
    { start: 2, end: 5, style: 'ansi-1 ansi-bold' },
    { start: 8, end: 13, style: 'ansi-10' },
  ])
})

test('true colours are the nearest of sixteen', () => {
  const styles = ['255;0;0', '10;10;10', '0;0;120', '240;240;240'].map(
    color => readAnsi(`${E}[38;2;${color}mx`).runs[0]?.style,
  )
  assert.deepEqual(styles, ['ansi-9', 'ansi-0', 'ansi-4', 'ansi-15'])
})

test('titles, cursors and other sequences go, cut ones as well', () => {
  assert.equal(readAnsi(`${E}]0;title\u0007${E}[2Ja${E}(Bb${E}[`).text, 'ab')
  assert.equal(readAnsi(`a${E}`).text, 'a')
  assert.deepEqual(readAnsi('plain').runs, [])
})

test('whatever the text says, no escape is left and every style is one of ours', () => {
  const part = fc.oneof(
    fc.string(),
    fc.constantFrom(`${E}[`, `${E}]`, 'm', '31', ';', '38;5;300m', '"><img>', `${E}[999;-1m`),
  )
  fc.assert(
    fc.property(fc.array(part), parts => {
      const { text, runs } = readAnsi(parts.join(''))
      assert.ok(!text.includes(E))
      let at = 0
      for (const { start, end, style } of runs) {
        assert.ok(start >= at && end > start && end <= text.length)
        assert.match(style, /^(?:ansi-(?:\d+|ground-\d+|bold|dim|italic|underline) ?)+$/)
        at = end
      }
    }),
  )
})
