import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Snippet, type SnippetContext, snippets } from './snippets-model.ts'

function codeOf(id: Snippet['id'], context: SnippetContext): string {
  return snippets(context).find(snippet => snippet.id === id)?.code ?? ''
}

test('snippets carry the address, the key and the project', () => {
  const context = { origin: 'http://h:1', project: "a'b", key: 'lb_x_y' }
  assert.match(codeOf('curl', context), /curl http:\/\/h:1\/ingest/)
  assert.match(codeOf('curl', context), /Bearer lb_x_y/)
  assert.match(codeOf('sdk', context), /url: 'http:\/\/h:1'/)
  assert.match(codeOf('otlp', context), /LOGS_ENDPOINT=http:\/\/h:1\/v1\/logs\n/)
  assert.match(codeOf('ship', context), /--project 'a'\\''b'/)
})

test('only a line that can be overheard is called insecure', () => {
  const sdk = (origin: string): string => codeOf('sdk', { origin, project: 'p', key: 'k' })
  for (const safe of [
    'http://localhost:4000',
    'http://127.0.0.1:4000',
    'http://[::1]:4000',
    'https://h',
  ])
    assert.doesNotMatch(sdk(safe), /insecure/)
  assert.match(sdk('http://logs.example:4000'), /insecure: true/)
})

test('the agent connects as the page does', () => {
  const agent = (origin: string): string => codeOf('agent', { origin, project: 'p', key: 'k' })
  assert.match(agent('https://logs.example'), /host: 'logs\.example'\n +port: 443\n +tls: on\n/)
  assert.match(agent('http://[::1]:4000'), /host: '::1'\n +port: 4000\n +uri/)
})
