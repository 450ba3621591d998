import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { attributeField, escapeKey, unescapeKey } from './field-names.ts'

test('a key comes back from its name, whatever is in it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), key => {
      const name = escapeKey(key)
      assert.equal(unescapeKey(name), key)
      assert.doesNotMatch(name, /^\.|\.\.|\.$|[*\s]/)
      assert.notEqual(name, '')
    }),
  )
})

test('keys as people write them stay as they are', () => {
  for (const key of ['user.id', 'http.status_code', 'größe', 'k8s/pod-name', '@type']) {
    assert.equal(attributeField(key), `attributes.${key}`)
  }
})

test('two keys never have the same name', () => {
  const keys = ['', '%', '%25', '.', '..', 'a.', 'a..b', 'a b', 'a%20b', '*', 'a*']
  assert.equal(new Set(keys.map(escapeKey)).size, keys.length)
})
