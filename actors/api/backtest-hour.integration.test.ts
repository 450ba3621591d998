import { after, test } from 'node:test'
import { inElasticWorld, openTestPool } from '#actors/store/elasticsearch/testing/elastic-world.ts'
import { compareHour } from './testing/backtest-hour.ts'

const address = process.env['ELASTICSEARCH_URL']
if (address === undefined) {
  test('a backtest of an hour', { skip: 'ELASTICSEARCH_URL is not set' }, () => undefined)
} else {
  const pool = openTestPool()
  after(() => pool.close())
  test('Elasticsearch: a backtest of an hour says what was said in that hour', () =>
    inElasticWorld(address, pool, world => compareHour(world, ['errors', 'slow'])))
}
