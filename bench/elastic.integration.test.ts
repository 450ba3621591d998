import assert from 'node:assert/strict'
import { test } from 'node:test'
import { benchElastic, elasticDisk, elasticTable } from './elastic.bench.ts'
import { dataFile } from './lab/data.ts'

const address = process.env['ELASTICSEARCH_URL']

test('the bench writes through the store and beside it, and weighs both forms of the source', {
  skip: address === undefined ? 'ELASTICSEARCH_URL is not set' : false,
}, async () => {
  const own = { address: address ?? '', data: dataFile(10_000), rows: 10_000 }
  const found = await benchElastic({
    ...own,
    runs: 1,
    latencySeconds: 1,
    paceRowsPerSecond: 4_000,
  })
  assert.equal(found.rows, 10_000)
  assert.ok(found.bare.rowsPerSecond > 0 && found.store.rowsPerSecond > 0)
  const diskBytes = await elasticDisk(own)
  const [synthetic, stored] = [diskBytes.get('synthetic'), diskBytes.get('stored')]
  assert.ok(synthetic !== undefined && stored !== undefined && synthetic < stored)
  assert.ok(found.searchableMs.p99 > 0)
  assert.match(elasticTable(found), /rows\/s/)
})
