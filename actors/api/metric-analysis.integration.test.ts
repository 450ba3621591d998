import { after, describe, test } from 'node:test'
import { inElasticWorld, openTestPool } from '#actors/store/elasticsearch/testing/elastic-world.ts'
import { metricAnalysisTests } from './testing/metric-analysis-tests.ts'

const address = process.env['ELASTICSEARCH_URL']

if (address === undefined) {
  test('metrics: Elasticsearch', { skip: 'ELASTICSEARCH_URL is not set' }, () => undefined)
} else {
  describe('metrics: Elasticsearch', () => {
    const pool = openTestPool()
    after(() => pool.close())
    metricAnalysisTests('Elasticsearch', (_, body) => inElasticWorld(address, pool, body))
  })
}
