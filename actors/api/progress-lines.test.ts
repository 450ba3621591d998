import assert from 'node:assert/strict'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { deferred } from '#actors/http/testing/deferred.ts'
import { DRIVERS } from '#actors/http/testing/drivers.ts'
import type { Progress } from '#actors/store/store.ts'
import { StoreError } from '#actors/store/store-error.ts'
import type { SearchLine } from '#proto/api.ts'
import { nextRound } from '#runtime/scheduler.ts'
import { PROGRESS_INTERVAL_MS } from './progress-lines.ts'
import { apiWorld } from './testing/api-world.ts'

const PROGRESS = { partsDone: 3, parts: 8, rowsRead: 70, bytesRead: 900, total: 5, histogram: [] }
const TOLD = { parts_done: 3, parts: 8, rows_read: 70, bytes_read: 900, total: 5, histogram: [] }

for (const driver of DRIVERS) {
  const world = async (t: TestContext, progress: Progress | null = PROGRESS) => {
    const made = await apiWorld(t, driver)
    const { read_key: token } = await made.createProject('shop')
    made.store.progress = progress
    const gate = deferred()
    made.store.gate = gate.promise
    const leaving = new AbortController()
    const asking = fetch(`${made.url}/api/v1/logs/search`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, accept: 'application/x-ndjson' },
      body: '{}',
      signal: leaving.signal,
    })
    while (made.store.signals.length === 0) await nextRound()
    return { ...made, token, gate, leaving, asking }
  }

  test(`${driver}: a slow search tells how far it has come, and last its result`, async t => {
    const { clock, gate, asking } = await world(t)
    clock.advance(PROGRESS_INTERVAL_MS)
    const lines = linesOf(await asking)
    assert.deepEqual((await lines.next()).value, { type: 'progress', elapsed_ms: 250, ...TOLD })
    gate.resolve()
    const { value: last } = await lines.next()
    assert.equal(last?.type, 'result')
    assert.deepEqual([last.total, last.logs.length, typeof last.tail_token], [1, 1, 'string'])
    assert.equal((await lines.next()).done, true)
  })

  test(`${driver}: a store that cannot tell, and a search that is fast`, async t => {
    const { call, token, clock, gate, asking } = await world(t, null)
    clock.advance(PROGRESS_INTERVAL_MS)
    const lines = linesOf(await asking)
    const { value } = await lines.next()
    assert.deepEqual([value?.type, value?.type === 'progress' && value.parts], ['progress', null])
    gate.resolve()
    await lines.next()
    const headers = { accept: 'application/x-ndjson' }
    const fast = await call('POST', '/api/v1/logs/search', { token, body: {}, headers })
    assert.deepEqual([fast.json['type'], fast.text.split('\n').length], ['result', 2])
  })

  test(`${driver}: what goes wrong after the first line is the last one`, async t => {
    const { clock, gate, asking } = await world(t)
    clock.advance(PROGRESS_INTERVAL_MS)
    const lines = linesOf(await asking)
    await lines.next()
    gate.reject(new StoreError('LOGBOY_QUERY_TOO_DEAR', 'too much'))
    const { value: last } = await lines.next()
    assert.equal(last?.type, 'problem')
    const { code, status, detail } = last.problem
    assert.deepEqual([code, status, detail], ['LOGBOY_QUERY_TOO_DEAR', 400, 'too much'])
  })

  test(`${driver}: what goes wrong before it has its own status`, async t => {
    const { gate, asking } = await world(t)
    gate.reject(new StoreError('LOGBOY_QUERY_TOO_DEAR', 'too much'))
    assert.equal((await asking).status, 400)
  })

  test(`${driver}: a search that tells is cancelled when its caller goes away`, async t => {
    const { clock, store, leaving, asking, gate } = await world(t)
    clock.advance(PROGRESS_INTERVAL_MS)
    await linesOf(await asking).next()
    const aborted = new Promise(resolve => store.signals[0]?.addEventListener('abort', resolve))
    leaving.abort()
    await aborted
    gate.resolve()
  })
}

async function* linesOf(response: Response): AsyncGenerator<SearchLine, void, void> {
  assert.equal(response.status, 200)
  assert.equal(response.headers.get('content-type'), 'application/x-ndjson')
  assert.ok(response.body !== null)
  const input = Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0])
  input.on('error', () => undefined)
  for await (const line of createInterface({ input })) yield JSON.parse(line) as SearchLine
}
