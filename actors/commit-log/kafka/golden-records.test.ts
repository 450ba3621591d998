import assert from 'node:assert/strict'
import { isUtf8 } from 'node:buffer'
import { test } from 'node:test'
import { openLogBatch } from '#proto/log-batch.ts'
import { goldenRecords, readingOf } from '../testing/golden-records.ts'
import { ENVELOPE_HEADER, unframe } from './framing.ts'

for (const { name, records } of goldenRecords()) {
  test(`records of ${name} are read as they were written`, () => {
    assert.ok(records.length > 0)
    for (const { envelope, value, reads } of records) {
      const headers = { [ENVELOPE_HEADER]: Buffer.from(envelope, 'base64') }
      const opened = unframe({ value: Buffer.from(value, 'base64'), headers })
      assert.ok(opened.type === 'batch')
      assert.deepEqual(readingOf(opened.envelope, opened.batch), reads)
      if (opened.batch.length === 0) continue
      assert.equal(openLogBatch(opened.batch, isUtf8).count, opened.envelope.recordCount)
    }
  })
}
