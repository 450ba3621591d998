/** The interface over Elasticsearch: the same questions, the same answers. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectElastic } from '#actors/store/elasticsearch/client.ts'
import { deleteInstallation } from '#actors/store/elasticsearch/testing/delete-installation.ts'
import { systemClock } from '#runtime/clock.ts'
import { systemRandom } from '#runtime/random.ts'
import { until } from '../../bench/lab/pause.ts'
import { contractSuite } from './testing/contract-suite.ts'

const address = process.env['ELASTICSEARCH_URL']
const FOUND_MS_MAX = 30_000

if (address === undefined) test('REST over Elasticsearch', { skip: 'ELASTICSEARCH_URL not set' })
else {
  const installation = `rest${Buffer.from(systemRandom.bytes(5)).toString('hex')}`
  contractSuite('Elasticsearch', {
    flags: { 'elasticsearch-url': address, installation },
    async settled(server, token, rows) {
      const isAll = async (): Promise<boolean> =>
        (await server.search(token, { limit: 0 })).total === rows
      assert.ok(await until(isAll, FOUND_MS_MAX), 'the logs are not found')
    },
    async after() {
      const elastic = await connectElastic({ url: address, clock: systemClock })
      await deleteInstallation(elastic, installation)
      await elastic.close()
    },
  })
}
