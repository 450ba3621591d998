import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ANSWER_CHARS_MAX, post } from './outgoing-post.ts'
import { receiver } from './testing/receiver.ts'

const NEVER = new AbortController().signal

const send = (url: string, options: { allowPrivate?: boolean; timeoutMs?: number } = {}) =>
  post(
    { url, headers: { 'content-type': 'application/json' }, body: '{"ü":1}' },
    { allowPrivate: true, timeoutMs: 10_000, signal: NEVER, ...options },
  )

test('a body arrives as it is, and the answer comes back', async t => {
  const { heard, url } = await receiver(t, (_, response) => response.writeHead(202).end('taken'))
  assert.deepEqual(await send(url), { type: 'answered', status: 202, answer: 'taken' })
  assert.equal(heard[0]?.url, '/hook?a=1')
  assert.equal(heard[0]?.body, '{"ü":1}')
  assert.equal(heard[0]?.headers['content-type'], 'application/json')
})

test('nothing is sent to an address that is not public, by whatever name', async t => {
  const { state, port } = await receiver(t, (_, response) => response.end())
  const hosts = [
    '127.0.0.1',
    'localhost',
    '127.1',
    '0x7f.1',
    '2130706433',
    '017700000001',
    '0',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '169.254.169.254',
    '10.0.0.1',
    '%31%32%37.0.0.1',
    '127.0.0.1.',
    '①②⑦.0.0.1',
  ]
  for (const host of hosts) {
    const outcome = await send(`http://${host}:${port}/`, { allowPrivate: false })
    assert.equal(outcome.type, 'refused', `${host}: ${JSON.stringify(outcome)}`)
  }
  assert.equal(state.connections, 0)
})

test('other protocols are refused', async () => {
  for (const url of ['file:///etc/passwd', 'ftp://example.org/', 'data:,x']) {
    assert.equal((await send(url)).type, 'refused', url)
  }
})

test('redirects are answers, not directions', async t => {
  const target = await receiver(t, (_, response) => response.end())
  const { url } = await receiver(t, (_, response) =>
    response.writeHead(307, { location: target.url }).end(),
  )
  const outcome = await send(url)
  assert.deepEqual(outcome, { type: 'answered', status: 307, answer: '' })
  assert.equal(target.state.connections, 0)
})

test('who never answers is let go, and it is not known whether it was heard', async t => {
  const { url } = await receiver(t, () => undefined)
  assert.equal((await send(url, { timeoutMs: 300 })).type, 'silent')
})

test('who is not there was told nothing', async t => {
  const { url, port } = await receiver(t, (_, response) => response.end())
  assert.equal((await send(url.replace(String(port), '1'))).type, 'unreachable')
})

test('of a long answer the beginning is read', async t => {
  const { url } = await receiver(t, (_, response) => {
    response.writeHead(500)
    for (let i = 0; i < 1_000; i++) response.write('x'.repeat(10_000))
    response.end()
  })
  const outcome = await send(url)
  assert.equal(outcome.type === 'answered' && outcome.status, 500)
  assert.equal(outcome.type === 'answered' && outcome.answer, 'x'.repeat(ANSWER_CHARS_MAX))
})
