import assert from 'node:assert/strict'
import { test } from 'node:test'
import { snippets } from './snippets-model.ts'

test('snippets carry the address, the key and the project', () => {
  const [curl, sdk, ship] = snippets({ origin: 'http://h:1', project: "a'b", key: 'lb_x_y' })
  assert.match(curl?.code ?? '', /curl http:\/\/h:1\/ingest/)
  assert.match(curl?.code ?? '', /Bearer lb_x_y/)
  assert.match(sdk?.code ?? '', /url: 'http:\/\/h:1'/)
  assert.match(ship?.code ?? '', /--project 'a'\\''b'/)
})

test('only a line that can be overheard is called insecure', () => {
  const sdk = (origin: string): string =>
    snippets({ origin, project: 'p', key: 'k' })[1]?.code ?? ''
  for (const safe of [
    'http://localhost:4000',
    'http://127.0.0.1:4000',
    'http://[::1]:4000',
    'https://h',
  ])
    assert.doesNotMatch(sdk(safe), /insecure/)
  assert.match(sdk('http://logs.example:4000'), /insecure: true/)
})
