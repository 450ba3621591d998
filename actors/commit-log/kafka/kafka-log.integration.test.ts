import { test } from 'node:test'
import { commitLogSuite } from '../testing/commit-log-suite.ts'
import { newArena } from '../testing/journals.ts'
import { KAFKA_BROKERS, newKafkaWorld } from '../testing/kafkas.ts'

const brokers = KAFKA_BROKERS
if (brokers === undefined) {
  test('commit log: Kafka', { skip: 'KAFKA_BROKERS is not set' }, () => undefined)
} else {
  commitLogSuite('Kafka', async body => {
    const world = await newKafkaWorld(brokers)
    const arena = newArena()
    try {
      await body({ arena, open: () => world.open(arena) })
    } finally {
      await world.close()
    }
  })
}
