import { test } from 'node:test'
import { systemClock } from '#runtime/clock.ts'
import { systemRandom } from '#runtime/random.ts'
import { deadLetterSuite } from '../testing/dead-letter-suite.ts'
import { KAFKA_BROKERS } from '../testing/kafkas.ts'
import { KafkaDeadLetters } from './kafka-dead-letters.ts'
import { openKafka } from './kafkajs.ts'
import { ensureTopics, topicNames } from './topics.ts'

const brokers = KAFKA_BROKERS
if (brokers === undefined) {
  test('dead letters: Kafka', { skip: 'KAFKA_BROKERS is not set' }, () => undefined)
} else {
  deadLetterSuite('Kafka', async body => {
    const prefix = `test-${Buffer.from(systemRandom.bytes(6)).toString('hex')}`
    const { deadLetter: topic } = topicNames(prefix)
    const address = { brokers, clientId: prefix }
    const replicas = { replicationFactor: 1, minInsyncReplicas: 1 }
    const retentionMs = 3_600_000
    await ensureTopics(address, [
      { topic, partitions: 1, ...replicas, retentionMs, cleanup: 'compact,delete' },
    ])
    const onTrouble = (error: Error): never => {
      throw error
    }
    const options = { address, topic, clock: systemClock, random: systemRandom, onTrouble }
    try {
      await body(async () => new KafkaDeadLetters(options))
    } finally {
      const admin = openKafka(address).admin()
      await admin.connect()
      await admin.deleteTopics({ topics: [topic] })
      await admin.disconnect()
    }
  })
}
