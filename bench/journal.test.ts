import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { benchJournal } from './journal.bench.ts'

test('every load is appended whole, and what waits shares a sync', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'logboy-bench-'))
  try {
    const measured = await benchJournal(folder, 0.02)
    assert.deepEqual(
      measured.map(({ batches }) => batches),
      [40, 40, 2_000, 2_000, 40, 40],
    )
    const [, , , small, , lone] = measured
    assert.equal(lone?.rowsPerSync, 20)
    assert.ok((small?.rowsPerSync ?? 0) > 500)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
