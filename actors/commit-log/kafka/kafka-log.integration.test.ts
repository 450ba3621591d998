import { test } from 'node:test'
import { commitLogSuite } from '../testing/commit-log-suite.ts'
import { KAFKA_BROKERS, withKafkaLog } from '../testing/kafkas.ts'

const brokers = KAFKA_BROKERS
if (brokers === undefined) {
  test('commit log: Kafka', { skip: 'KAFKA_BROKERS is not set' }, () => undefined)
} else {
  commitLogSuite('Kafka', body => withKafkaLog(brokers, body))
}
