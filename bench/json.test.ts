import assert from 'node:assert/strict'
import { test } from 'node:test'
import { benchJson } from './json.bench.ts'
import { dataFile } from './lab/data.ts'

test('every measured step did its work on every row', () => {
  const measured = benchJson(dataFile(2_000), 2_000, 1)
  const checksums = new Map(measured.map(({ name, checksum }) => [name, checksum]))
  for (const name of [
    'floor: JSON.parse of each line',
    'decode to sealed batches',
    'open batches into rows',
    'prove batches',
    'prove by a schema that asks for two members',
    'prove by a schema that asks for all members and four attributes',
    'count by minute, level, service',
    'rows as JSON',
  ]) {
    assert.equal(checksums.get(name), 2_000, name)
  }
  assert.equal(checksums.get('match kelvin'), 0)
  assert.ok((checksums.get('match level:error') ?? 0) > 0)
  assert.ok(measured.every(({ microsecondsEach }) => microsecondsEach > 0))
})
