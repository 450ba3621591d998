/** What keyed requests must do. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { IDEMPOTENCY_KEEP_MS } from '#proto/limits.ts'
import type { SqlCatalog } from '../sql-catalog.ts'

const NOW_US = Date.UTC(2026, 10, 21) * 1000
const DAY_US = IDEMPOTENCY_KEEP_MS * 1_000
const PRODUCER = 2n ** 63n - 1n

export function keyedRequestTests(catalog: () => SqlCatalog): void {
  const body = (byte: number, of = 2) => ({ bodySha256: new Uint8Array(32).fill(byte), of })
  const newProject = async (id: string): Promise<void> => {
    const facts = { retentionDays: 30, timeZone: 'UTC', createdAtUs: NOW_US }
    await catalog().createProject({ id, name: `keyed ${id}`, ...facts })
  }

  test('a keyed request gathers its answer chunk by chunk, each once', async () => {
    await newProject('keyedaaaa1')
    const requests = catalog().keyedRequests
    const id = { projectId: 'keyedaaaa1', producer: PRODUCER }
    assert.equal(await requests.find(id, NOW_US), undefined)
    const begun = await requests.begin(id, body(7), NOW_US)
    const empty = { ...body(7), lastChunk: 0, accepted: 0, rejected: [] }
    assert.deepEqual(begun, { type: 'open', stored: empty })
    const first = { chunk: 1, accepted: 9, rejected: [{ index: 2, reason: 'no object' }] }
    await requests.store(id, first)
    await requests.store(id, first)
    await requests.store(id, { chunk: 2, accepted: 5, rejected: [{ index: 12, reason: '"q"' }] })
    assert.deepEqual(await requests.find(id, NOW_US), {
      ...body(7),
      lastChunk: 2,
      accepted: 14,
      rejected: [
        { index: 2, reason: 'no object' },
        { index: 12, reason: '"q"' },
      ],
    })
  })

  test('another body under the same key conflicts, for a day', async () => {
    await newProject('keyedaaaa2')
    const requests = catalog().keyedRequests
    const id = { projectId: 'keyedaaaa2', producer: 1n }
    await requests.begin(id, body(1), NOW_US)
    await requests.store(id, { chunk: 1, accepted: 1, rejected: [] })
    assert.deepEqual(await requests.begin(id, body(2), NOW_US + DAY_US - 1), { type: 'conflict' })
    assert.equal((await requests.find(id, NOW_US + DAY_US - 1))?.lastChunk, 1)
    assert.equal(await requests.find(id, NOW_US + DAY_US), undefined)
    const begun = await requests.begin(id, body(2), NOW_US + DAY_US)
    assert.ok(begun.type === 'open' && begun.stored.lastChunk === 0)
  })

  test('keys are capped per project; one that is known is not refused', async () => {
    await newProject('keyedaaaa3')
    const requests = catalog().keyedRequests
    const begin = (producer: bigint, nowUs: number) =>
      requests.begin({ projectId: 'keyedaaaa3', producer }, body(1), nowUs, 2)
    assert.equal((await begin(1n, NOW_US)).type, 'open')
    assert.equal((await begin(2n, NOW_US)).type, 'open')
    assert.equal((await begin(3n, NOW_US)).type, 'full')
    assert.equal((await begin(2n, NOW_US)).type, 'open')
    assert.equal((await begin(3n, NOW_US + DAY_US)).type, 'open')
    assert.ok((await requests.forget(NOW_US + DAY_US)) >= 2)
    assert.equal(await requests.find({ projectId: 'keyedaaaa3', producer: 1n }, NOW_US), undefined)
  })
}
