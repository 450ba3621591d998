import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  choiceOf,
  isChosen,
  toggleExcluded,
  toggleIncluded,
  withNumberRange,
  withoutField,
} from './field-terms-model.ts'

test('values join a group and leave it again', () => {
  const one = toggleIncluded('timeout', 'host', 'web-1')
  assert.equal(one, 'timeout host:web-1')
  const two = toggleIncluded(one, 'host', 'web 2')
  assert.equal(two, 'timeout (host:web-1 OR host:"web 2")')
  assert.deepEqual(choiceOf(two, 'host').included, ['web-1', 'web 2'])
  assert.equal(toggleIncluded(toggleIncluded(two, 'host', 'web-1'), 'host', 'web 2'), 'timeout')
})

test('a value is looked for or left out, never both', () => {
  const out = toggleExcluded(toggleIncluded('', 'host', 'a'), 'host', 'a')
  assert.equal(out, '-host:a')
  assert.equal(toggleIncluded(out, 'host', 'A'), 'host:A')
  assert.equal(toggleExcluded(out, 'host', 'a'), '')
})

test('stages behind the bar stay', () => {
  assert.equal(toggleIncluded('host:a | count by x', 'host', 'b'), 'host:a OR host:b | count by x')
  assert.equal(withoutField('host:a -host:b x | count', 'host'), 'x | count')
})

test('numbers are chosen by a range that replaces the one before', () => {
  const first = withNumberRange('error', 'ms', 10, null)
  assert.equal(first, 'error ms:>=10')
  const second = withNumberRange(first, 'ms', -1.5, 200)
  assert.equal(second, 'error ms:[-1.5 TO 200]')
  assert.deepEqual(choiceOf(second, 'ms'), { included: [], excluded: [], from: '-1.5', to: '200' })
  assert.equal(withNumberRange(second, 'ms', null, null), 'error')
})

test('a query that cannot be read is left alone', () => {
  assert.equal(withoutField('a "', 'host'), 'a "')
  assert.equal(isChosen('(host:a OR timeout)', 'host'), false)
})

test('toggling twice says the same about every field as before', () => {
  const name = fc.constantFrom('host', 'status', 'my key')
  const value = fc.string({ minLength: 1, maxLength: 12 }).filter(text => text.trim() !== '')
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { maxLength: 4 }), name, value, (was, field, v) => {
      const query = was.reduce((text, [n, each]) => toggleIncluded(text, n, each), '')
      const isThere = choiceOf(query, field).included.some(
        other => other.toLowerCase() === v.toLowerCase(),
      )
      if (isThere) return
      const once = toggleIncluded(query, field, v)
      assert.ok(choiceOf(once, field).included.includes(v), once)
      for (const other of ['host', 'status', 'my key'])
        assert.deepEqual(
          choiceOf(toggleIncluded(once, field, v), other).included,
          choiceOf(query, other).included,
        )
    }),
  )
})
