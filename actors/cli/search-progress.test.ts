import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { SearchLine, SearchProgress } from '#proto/api.ts'
import { progressText, searchTelling } from './search-progress.ts'

const PROGRESS: SearchProgress = {
  type: 'progress',
  elapsed_ms: 1_750,
  parts_done: 12,
  parts: 40,
  rows_read: 3_210_000,
  bytes_read: 9_000,
  total: 1,
  histogram: [],
}

test('progress is one short line', () => {
  assert.equal(
    progressText(PROGRESS),
    'searching: 12 of 40 parts, 3.2 M rows read, 1 match so far, 2 s',
  )
  const unknown = { ...PROGRESS, parts_done: null, parts: null, rows_read: null, total: null }
  assert.equal(progressText(unknown), 'searching: 2 s')
})

test('at a terminal the line comes, and is gone before the result', async t => {
  const { written, search } = await serving(t, [
    PROGRESS,
    { type: 'result', total: 7 } as SearchLine,
  ])
  assert.equal((await search()).total, 7)
  assert.deepEqual(written, [`\r\u001b[K${progressText(PROGRESS)}`, '\r\u001b[K'])
})

test('a problem in the last line and a connection that ends without one are told', async t => {
  const problem = { type: '', title: '', status: 400, code: 'LOGBOY_QUERY_TOO_DEAR', detail: 'no' }
  const dear = await serving(t, [PROGRESS, { type: 'problem', problem }])
  await assert.rejects(dear.search(), { code: 'LOGBOY_QUERY_TOO_DEAR', message: 'no' })
  const cut = await serving(t, [PROGRESS])
  await assert.rejects(cut.search(), { code: 'LOGBOY_SERVER_AWAY' })
})

async function serving(t: TestContext, lines: readonly SearchLine[]) {
  const server = createServer((_, response) => {
    response.end(lines.map(line => `${JSON.stringify(line)}\n`).join(''))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const connection = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token: 'none',
  }
  const written: string[] = []
  const terminal = { isTTY: true, write: (text: string) => written.push(text) }
  return { written, search: () => searchTelling(connection, {}, terminal) }
}
