import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseSearch } from '#proto/query.ts'
import {
  complete,
  functionCompletions,
  nameCompletions,
  placeAt,
  stageCompletions,
  valueCompletions,
} from './completion-model.ts'

const wishAt = (text: string) => placeAt(text, text.length)?.wish

test('what could follow is known from what stands before the caret', () => {
  const field = (part: string, isBare = false) => ({ kind: 'field', part, isBare })
  assert.deepEqual(wishAt(''), field(''))
  assert.deepEqual(wishAt('timeout st'), field('st'))
  assert.deepEqual(wishAt('a (ho'), field('ho'))
  assert.deepEqual(wishAt('-ho'), field('ho'))
  assert.deepEqual(wishAt('service:'), { kind: 'value', field: 'service', part: '' })
  assert.deepEqual(wishAt('a -host:we'), { kind: 'value', field: 'host', part: 'we' })
  assert.deepEqual(wishAt('user:"Ada L'), { kind: 'value', field: 'user', part: 'Ada L' })
  assert.deepEqual(wishAt('service:(ca'), { kind: 'value', field: 'service', part: 'ca' })
  assert.deepEqual(wishAt('status:>4'), { kind: 'value', field: 'status', part: '4' })
  assert.equal(wishAt('"inside a ph'), undefined)
  assert.deepEqual(wishAt('error | ti'), { kind: 'stage', part: 'ti' })
  assert.deepEqual(wishAt('"a|b" c'), field('c'))
  assert.deepEqual(wishAt('| count by ser'), field('ser', true))
  assert.deepEqual(wishAt('| count by a, b'), field('b', true))
  assert.deepEqual(wishAt('| count, p95(du'), field('du', true))
  assert.deepEqual(wishAt('| sort -co'), field('co', true))
  assert.deepEqual(wishAt('| top 20 us'), field('us', true))
  assert.deepEqual(wishAt('| count, p9'), { kind: 'function', part: 'p9' })
})

test('a completion takes the place of what was typed of it', () => {
  const finish = (text: string, caret: number, put: string) => {
    const place = placeAt(text, caret)
    assert.ok(place !== null)
    return complete(text, place, { label: put, text: put, note: '' })
  }
  assert.deepEqual(finish('a sta b', 5, 'status:'), { text: 'a status: b', caret: 9 })
  assert.deepEqual(finish('sta:500', 2, 'status:'), { text: 'status:500', caret: 7 })
  assert.deepEqual(finish('user:"Ada L', 11, '"Ada Lovelace" '), {
    text: 'user:"Ada Lovelace" ',
    caret: 20,
  })
})

test('names that begin so come first, levels are always known, odd values are quoted', () => {
  const names = ['my_status', 'status', 'odd name'].map(name => ({ name, note: '' }))
  const texts = nameCompletions({ part: 'sta', isBare: false }, names).map(({ text }) => text)
  assert.deepEqual(texts, ['status:', 'my_status:'])
  assert.equal(nameCompletions({ part: 'odd', isBare: true }, names)[0]?.text, '"odd name"')
  assert.deepEqual(
    valueCompletions('er', 'level', []).map(({ text }) => text),
    ['ERROR '],
  )
  assert.equal(valueCompletions('a', 'x', [{ name: 'a b', note: '' }])[0]?.text, '"a b" ')
  assert.deepEqual(stageCompletions('ti')[0]?.label, 'timechart')
  assert.deepEqual(functionCompletions('p95')[0]?.text, 'p95(')
})

test('a completed value is read back as that value, whatever it is', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), value => {
      const [first] = valueCompletions('', 'x', [{ name: value, note: '' }])
      if (first === undefined) return
      const place = placeAt('x:', 2)
      assert.ok(place !== null)
      const parsed = parseSearch(complete('x:', place, first).text)
      assert.ok(parsed.type === 'search')
      assert.deepEqual(parsed.search.query.terms, [{ type: 'field', field: 'x', value }])
    }),
  )
})

test('no text and no caret makes it fail, and the place lies in the text', () => {
  const text = fc.string().map(each => `${each}|:"(`)
  fc.assert(
    fc.property(fc.oneof(text, fc.string()), fc.nat(40), (each, at) => {
      const caret = Math.min(at, each.length)
      const place = placeAt(each, caret)
      if (place !== null) assert.ok(place.from >= 0 && place.from <= caret && place.to >= caret)
    }),
  )
})
