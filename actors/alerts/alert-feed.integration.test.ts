import { test } from 'node:test'
import { newArena } from '#actors/commit-log/testing/journals.ts'
import { KAFKA_BROKERS, newKafkaWorld } from '#actors/commit-log/testing/kafkas.ts'
import { alertFeedSuite } from './testing/alert-feed-suite.ts'

const brokers = KAFKA_BROKERS
if (brokers === undefined) {
  test('feed of alert rules, Kafka', { skip: 'KAFKA_BROKERS is not set' }, () => undefined)
} else {
  alertFeedSuite('Kafka', true, async body => {
    const world = await newKafkaWorld(brokers)
    const arena = newArena()
    try {
      await body({ arena, open: () => world.open(arena) })
    } finally {
      await world.close()
    }
  })
}
