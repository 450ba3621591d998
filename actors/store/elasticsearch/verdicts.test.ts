import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { judge, readVerdicts } from './verdicts.ts'

const item = (status: number, type = '', reason = '') => ({
  create: { status, ...(type === '' ? {} : { error: { type, reason } }) },
})

describe('verdicts', () => {
  test('a document that is there already was written, by whomever', () => {
    const items = [item(201), item(409, 'version_conflict_engine_exception'), item(201)]
    const verdicts = judge({ errors: true, items }, 3)
    assert.equal(verdicts.created, 2)
    assert.equal(verdicts.repeated, 1)
    assert.deepEqual(verdicts.again, [])
    assert.deepEqual(verdicts.refused, [])
  })

  test('what the server had no time for comes again, and nothing else does', () => {
    const items = [item(429, 'es_rejected_execution_exception'), item(201), item(503, 'x')]
    const verdicts = judge({ errors: true, items }, 3)
    assert.deepEqual(verdicts.again, [0, 2])
    assert.ok(verdicts.isOverloaded)
    assert.equal(verdicts.blocked, null)
  })

  test('what can never be written is told with its reason', () => {
    const items = [item(201), item(400, 'document_parsing_exception', 'no number')]
    const { refused, again } = judge({ errors: true, items }, 2)
    assert.deepEqual(refused, [{ document: 1, reason: 'document_parsing_exception: no number' }])
    assert.deepEqual(again, [])
  })

  test('an index that takes nothing is not the fault of its documents', () => {
    const items = [item(403, 'cluster_block_exception', 'read-only'), item(201)]
    const verdicts = judge({ errors: true, items }, 2)
    assert.equal(verdicts.blocked, 'cluster_block_exception: read-only')
    assert.deepEqual(verdicts.again, [0])
    assert.deepEqual(verdicts.refused, [])
    const closed = judge({ errors: true, items: [item(400, 'index_closed_exception', 'x')] }, 1)
    assert.deepEqual(closed.again, [0])
  })

  test('an index that takes nothing until its disk has room again is waited for', () => {
    const reason = 'blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark]'
    const verdicts = judge(
      { errors: true, items: [item(429, 'cluster_block_exception', reason)] },
      1,
    )
    assert.equal(verdicts.blocked, null)
    assert.deepEqual(verdicts.again, [0])
    assert.ok(verdicts.isOverloaded)
  })

  test('an index that is gone is told, and its documents come again', () => {
    const items = [item(404, 'index_not_found_exception', 'no such index')]
    const verdicts = judge({ errors: true, items }, 1)
    assert.ok(verdicts.isMissing)
    assert.deepEqual(verdicts.again, [0])
  })

  test('where all is well the verdicts are not even parsed', () => {
    const verdicts = readVerdicts(Buffer.from('{"errors":false,"items":[…'), 3)
    assert.equal(verdicts.created, 3)
    assert.throws(() => readVerdicts(Buffer.from('{"errors":true,"items":[…'), 3))
  })

  test('an answer with another number of verdicts is a bug', () => {
    assert.throws(() => judge({ errors: true, items: [item(201)] }, 2))
  })
})
