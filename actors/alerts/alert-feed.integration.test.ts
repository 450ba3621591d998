import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openKafka } from '#actors/commit-log/kafka/kafkajs.ts'
import { ensureTopics } from '#actors/commit-log/kafka/topics.ts'
import { newArena } from '#actors/commit-log/testing/journals.ts'
import { KAFKA_BROKERS, newKafkaWorld, withKafkaLog } from '#actors/commit-log/testing/kafkas.ts'
import { append } from '#actors/commit-log/testing/log-driver.ts'
import { pause } from '#runtime/clock.ts'
import { alertFeedSuite } from './testing/alert-feed-suite.ts'
import { decodeSnapshot, encodeSnapshot, logNameOf } from './window-snapshot.ts'

const brokers = KAFKA_BROKERS
if (brokers === undefined) {
  test('feed of alert rules, Kafka', { skip: 'KAFKA_BROKERS is not set' }, () => undefined)
} else {
  alertFeedSuite('Kafka', true, body => withKafkaLog(brokers, body))

  test('feed of alert rules, Kafka: a topic that was made anew, and is longer, is another', async () => {
    const world = await newKafkaWorld(brokers, { partitions: 1 })
    const arena = newArena()
    const log = await world.open(arena)
    const add = async (from: number, to: number): Promise<void> => {
      for (let sequence = from; sequence <= to; sequence++) {
        await append(log, arena, { sequence: BigInt(sequence), projectId: 'project0aa' })
      }
    }
    const name = (): string => logNameOf('kafka', log.ends())
    try {
      await add(1, 2)
      const { positions } = log.ends()
      const engine = new Uint8Array()
      const saved = encodeSnapshot(name(), { positions, engine })
      assert.deepEqual(decodeSnapshot(saved, name())?.positions, positions)
      const { identity } = log.ends()
      assert.notEqual(identity, '', 'this Kafka tells ids')
      await makeAnew(world.prefix, world.topic)
      while (log.ends().identity === identity) await pause(50)
      await add(3, 9)
      while (!log.ends().positions.coversAll(positions)) await pause(50)
      assert.equal(decodeSnapshot(saved, name())?.positions, null)
    } finally {
      await log.close()
      await world.close()
    }
  })
}

async function makeAnew(clientId: string, topic: string): Promise<void> {
  const address = { brokers: brokers ?? [], clientId }
  const admin = openKafka(address).admin()
  await admin.connect()
  await admin.deleteTopics({ topics: [topic] })
  while ((await admin.listTopics()).includes(topic)) await pause(50)
  await admin.disconnect()
  const settings = { partitions: 1, replicationFactor: 1, minInsyncReplicas: 1 }
  await ensureTopics(address, [{ topic, ...settings, retentionMs: 3_600_000 }])
}
