/** Three brokers and two replicas to acknowledge: one may be lost at any time, two are too many. */
import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, type TestContext, test } from 'node:test'
import kafkajs from 'kafkajs'
import { pause, systemClock } from '#runtime/clock.ts'
import { systemRandom } from '#runtime/random.ts'
import type { Arena } from '../arena.ts'
import type { AppendOutcome } from '../commit-log.ts'
import { Positions } from '../positions.ts'
import { newArena } from '../testing/journals.ts'
import { append, readAll, type Seen, seenOf } from '../testing/log-driver.ts'
import * as memory from '../testing/memory-catalog.ts'
import { OwnBrokers, until } from '../testing/own-brokers.ts'
import { NO_OWN_KAFKA } from '../testing/own-kafka.ts'
import type { KafkaLog } from './kafka-log.ts'
import { openKafka } from './open-kafka.ts'
import { type TopicNames, topicNames } from './topics.ts'

/** One project in each. */
const PARTITIONS = [0, 1, 2] as const
/** Acknowledgements of every project that show: it goes on. */
const PROGRESS = 20

describe('three brokers', { skip: NO_OWN_KAFKA }, () => {
  let cluster: OwnBrokers
  before(async () => {
    cluster = await OwnBrokers.open()
  })
  after(() => cluster?.close())
  beforeEach(() => cluster.mend())

  test('topics have the replicas that the settings say, on all three brokers', async t => {
    const { topics } = await openWorld(t, cluster)
    for (const topic of Object.values(topics)) {
      const partitions = await cluster.partitions(topic)
      assert.equal(partitions.length, topic === topics.deadLetter ? 1 : PARTITIONS.length)
      for (const { replicas } of partitions) {
        assert.deepEqual(new Set(replicas), new Set(cluster.ids), topic)
      }
      assert.equal(await settingOf(cluster, topic, 'min.insync.replicas'), '2', topic)
    }
  })

  test('each broker in turn is killed: what is acknowledged is read once and in order', async t => {
    const world = await openWorld(t, cluster)
    const reader = new Reader(world.log)
    const senders = PARTITIONS.map(partition => new Sender(world, partition))
    const running = Promise.all(senders.map(sender => sender.run()))
    const goOn = (when: string): Promise<void> => {
      const before = senders.map(({ acknowledged }) => acknowledged)
      return until(
        () => senders.every(({ acknowledged }, at) => acknowledged > (before[at] ?? 0) + PROGRESS),
        () => `it goes on ${when}: ${world.troubles.join('\n')}`,
      )
    }
    for (const id of cluster.ids) {
      await cluster.mend()
      await goOn(`before broker ${id} is killed`)
      const led = (await cluster.partitions(world.topics.logs)).filter(
        ({ leader }) => leader === id,
      )
      assert.ok(led.length > 0, `broker ${id} leads a partition`)
      await cluster.kill(id)
      await goOn(`without broker ${id}`)
    }
    await cluster.mend()
    await goOn('with all three again')
    for (const sender of senders) sender.stop()
    await running
    assert.ok(
      senders.some(({ refusals }) => refusals > 0),
      'the kills were felt',
    )
    await reader.expects(world, senders)
  })

  test('with two dead nothing is acknowledged; with them back the same batches are', async t => {
    const world = await openWorld(t, cluster)
    const { log, topics, troubles } = world
    const reader = new Reader(log)
    const senders = PARTITIONS.map(partition => new Sender(world, partition))
    for (const sender of senders) await sender.send()
    const partitions = await cluster.partitions(topics.logs)
    // Of the one that lives the first partition has its leader still, the others have none.
    const survivor = partitions.find(({ partition }) => partition === 0)?.leader
    await cluster.kill(...cluster.ids.filter(id => id !== survivor))
    for (const outcome of await Promise.all(senders.map(sender => sender.try()))) {
      assert.equal(outcome.type, 'unavailable')
      assert.ok(outcome.type === 'unavailable' && outcome.reason === 'log-away')
      assert.ok(outcome.retryAfterMs > 0)
    }
    assert.equal(log.refusal(), 'log-away')
    // What people are told, by the log and by whatever shows its state.
    assert.match(troubles.join('\n'), /^sending to Kafka: .*(ECONNREFUSED|timed out)/im)
    assert.match(String(log.observe()['detail']), /ECONNREFUSED|timed out/i)
    await Promise.all([cluster.mend(), ...senders.map(sender => sender.send())])
    await Promise.all(senders.map(sender => sender.send()))
    await reader.expects(world, senders)
  })
})

interface World {
  readonly log: KafkaLog
  readonly arena: Arena
  readonly topics: TopicNames
  readonly troubles: readonly string[]
}

/** A log of its own, as gateways and processors open it; closed before the brokers are. */
async function openWorld(t: TestContext, cluster: OwnBrokers): Promise<World> {
  const prefix = `test-${Buffer.from(systemRandom.bytes(6)).toString('hex')}`
  const replicas = { replicationFactor: 3, minInsyncReplicas: 2, retentionMs: 3_600_000 }
  const address = { brokers: cluster.addresses, clientId: prefix }
  const settings = { address, registryUrl: '', prefix, partitions: PARTITIONS.length, ...replicas }
  const [arena, troubles] = [newArena(), new Array<string>()]
  const projectPartitions = new memory.MemoryPartitions()
  for (const partition of PARTITIONS) projectPartitions.assign(projectOf(partition), [partition])
  const log = await openKafka(settings, {
    projectPartitions,
    checkpoints: new memory.MemoryCheckpoints(),
    keyedRequests: new memory.MemoryKeyedRequests(),
    schemaIds: new Map<string, number>(),
    arena,
    clock: systemClock,
    deadLetters: { put: () => Promise.reject(new Error('a record that is none of ours')) },
    onTrouble: (error, where) => void troubles.push(`${where}: ${error.message}`),
  })
  t.after(() => log.close())
  return { log, arena, topics: topicNames(prefix), troubles }
}

function projectOf(partition: number): string {
  return `project0a${partition}`
}

async function settingOf(cluster: OwnBrokers, topic: string, setting: string): Promise<unknown> {
  const resources = [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic }]
  const told = await cluster.ask(admin =>
    admin.describeConfigs({ resources, includeSynonyms: false }),
  )
  const entries = told.resources[0]?.configEntries
  return entries?.find(({ configName }) => configName === setting)?.configValue
}

/** As an SDK: one batch after the other, each again until it is acknowledged. */
class Sender {
  readonly project: string
  readonly #world: World
  readonly #producer: bigint
  acknowledged = 0
  refusals = 0
  #isStopped = false

  constructor(world: World, partition: number) {
    this.#world = world
    this.project = projectOf(partition)
    this.#producer = BigInt(partition + 1)
  }

  /** Ends once the batch on its way is acknowledged. */
  stop(): void {
    this.#isStopped = true
  }

  async run(): Promise<void> {
    while (!this.#isStopped) await this.send()
  }

  /** The next batch, and no other before it is acknowledged. */
  async send(): Promise<void> {
    for (;;) {
      const outcome = await this.try()
      if (outcome.type === 'durable') return
      assert.ok(outcome.type === 'unavailable', outcome.type)
      assert.notEqual(outcome.reason, 'stopping', 'the test ended before its batches were taken')
      this.refusals++
      // As long as the log asks for.
      await pause(outcome.retryAfterMs)
    }
  }

  async try(): Promise<AppendOutcome> {
    const ids = { projectId: this.project, producer: this.#producer }
    const sequence = BigInt(this.acknowledged + 1)
    const outcome = await append(this.#world.log, this.#world.arena, { ...ids, sequence })
    if (outcome.type === 'durable') this.acknowledged++
    return outcome
  }
}

/** As a store, from the first record on: a partition that is assigned anew begins at its place. */
class Reader {
  readonly #seen = PARTITIONS.map((): Seen[] => [])

  constructor(log: KafkaLog) {
    const consumption = log.consume({
      name: 'store',
      from: Positions.NONE,
      receive: entries => {
        for (const entry of entries) {
          this.#seen[entry.partition]?.push(seenOf(entry))
          consumption.passed(Positions.NONE.with(entry))
        }
      },
      assigned: (partition, from) => {
        this.#seen[partition] = this.#of(partition).filter(({ position }) => position <= from)
      },
    })
  }

  /** All that was acknowledged and nothing else; the same again by a reader that saw no fault. */
  async expects({ log }: World, senders: readonly Sender[]): Promise<void> {
    for (const [partition, { project, acknowledged }] of senders.entries()) {
      const sequences = Array.from({ length: acknowledged }, (_, at) => at + 1)
      const isThere = (): boolean => this.#of(partition).length >= acknowledged
      await until(isThere, () => `${acknowledged} batches of ${project} are delivered`)
      const stored = await readAll(log, project, Positions.NONE)
      for (const seen of [this.#of(partition), stored]) {
        assert.deepEqual(
          seen.map(({ sequence }) => sequence),
          sequences,
          project,
        )
      }
    }
  }

  #of(partition: number): readonly Seen[] {
    return this.#seen[partition] ?? []
  }
}
