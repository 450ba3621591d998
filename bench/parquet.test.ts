import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { benchParquet } from './parquet.bench.ts'

test('the bench writes, reads and compares every row', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'logboy-bench-'))
  try {
    const path = join(folder, 'logs.ndjson')
    const lines = Array.from({ length: 3_000 }, (_, index) =>
      JSON.stringify({
        time: new Date(Date.UTC(2026, 4, 1) + index * 40).toISOString(),
        level: index % 5 === 0 ? 'error' : 'info',
        service: `service-${index % 3}`,
        message: `request ${index} took ${index % 97} ms`,
        status: 200,
      }),
    )
    writeFileSync(path, lines.join('\n'))
    const measured = await benchParquet(path, 3_000, 1)
    assert.equal(measured.rows, 3_000)
    assert(measured.bytes > 3_000 && measured.duckdbBytes > 3_000 && measured.indexBytes > 0)
    assert((measured.columns.get('message') ?? 0) > (measured.columns.get('severity') ?? 0))
  } finally {
    rmSync(folder, { recursive: true })
  }
})
