import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PLAIN_DEFAULTS, parseExplore } from './explore-url-model.ts'
import { savedAddress, viewSearch } from './saved-view-model.ts'

test('a view keeps what is looked at, and neither the project nor the open row', () => {
  const search = '?project=shop&q=a%26b&level=ERROR&last=1h&row=x&tab=json&cols=status&compare=1'
  const address = savedAddress(parseExplore(search, PLAIN_DEFAULTS))
  assert.equal(address, 'q=a%26b&level=ERROR&last=1h&compare=1&cols=status')
  const opened = parseExplore(viewSearch(address, 'abc'), PLAIN_DEFAULTS)
  assert.deepEqual([opened.project, opened.query, opened.row], ['abc', 'a&b', null])
})

test('a view of another project is opened in this one', () => {
  assert.equal(viewSearch('project=evil&q=x', 'mine'), '?project=mine&q=x')
})
