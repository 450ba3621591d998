import { test } from 'node:test'
import { KAFKA_BROKERS, withKafkaLog } from '#actors/commit-log/testing/kafkas.ts'
import { alertFeedSuite } from './testing/alert-feed-suite.ts'

const brokers = KAFKA_BROKERS
if (brokers === undefined) {
  test('feed of alert rules, Kafka', { skip: 'KAFKA_BROKERS is not set' }, () => undefined)
} else {
  alertFeedSuite('Kafka', true, body => withKafkaLog(brokers, body))
}
