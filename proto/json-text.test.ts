import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isJson, jsonText } from './json-text.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const accepts = (text: string): boolean => isJson(bytesOf(text), 0, bytesOf(text).length)

function parses(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

test('what JSON.parse takes is JSON, whatever else is not', () => {
  fc.assert(fc.property(fc.json(), text => assert.ok(accepts(text))))
  const words = '{ } [ ] , : " "a" \\ \\u12 ab 0 1 - . e + true null false é \\n \\x'.split(' ')
  const pieces = fc.constantFrom(...words, ' ', '\n', '\u0001')
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 9 }), list => {
      const text = list.join('')
      assert.equal(accepts(text), parses(text), text)
    }),
    { numRuns: 20_000 },
  )
})

test('only the given range is looked at', () => {
  const bytes = bytesOf('x[1,2]3')
  assert.equal(isJson(bytes, 1, 6), true)
  assert.equal(isJson(bytes, 1, 5), false)
  assert.equal(isJson(bytes, 2, 3), true)
  assert.equal(isJson(bytes, 3, 3), false)
})

test('values nested too deep are refused without overflowing the stack', () => {
  assert.equal(accepts('['.repeat(100_000)), false)
  assert.equal(accepts(`${'['.repeat(64)}1${']'.repeat(64)}`), true)
  assert.equal(accepts(`${'['.repeat(65)}1${']'.repeat(65)}`), false)
})

test('plain values are written as JSON.stringify writes them', () => {
  fc.assert(
    fc.property(fc.jsonValue(), value => {
      assert.deepEqual(JSON.parse(jsonText(value)), JSON.parse(JSON.stringify(value)))
    }),
  )
})

test('values that JSON does not know never throw', () => {
  const cycle: Record<string, unknown> = { a: 1 }
  cycle['self'] = cycle
  assert.equal(jsonText(cycle), '{"a":1,"self":"[circular]"}')
  const twice = { b: 2 }
  assert.equal(jsonText([twice, twice]), '[{"b":2},{"b":2}]')
  assert.equal(
    jsonText([2n ** 70n, Number.NaN, undefined, () => 1]),
    `[${2n ** 70n},null,null,null]`,
  )
  assert.equal(jsonText(new Date(0)), '"1970-01-01T00:00:00.000Z"')
  const angry = {
    get secret(): string {
      throw new Error('no')
    },
  }
  assert.equal(jsonText([angry]), '["[unreadable]"]')
  let deep: unknown = 1
  for (let i = 0; i < 1_000; i++) deep = [deep]
  assert.ok(accepts(jsonText(deep)))
  assert.ok(parses(jsonText(Object.create(null))))
})
