/** Three brokers of one test alone, as in deploy/docker-compose.brokers.yml; each may be killed. */
import assert from 'node:assert/strict'
import type { Admin } from 'kafkajs'
import { pause } from '#runtime/clock.ts'
import { openKafka } from '../kafka/kafkajs.ts'
import { freePorts, type Lines, OwnKafka, type Ports } from './own-kafka.ts'

const IDS = [1, 2, 3] as const
const HEAP_MB = 256
const LOOK_MS = 50
/** Minutes: nothing waits so long, but a machine may have much else to do. */
const LOOKS_MAX = 1_800

export interface PartitionState {
  readonly topic: string
  readonly partition: number
  /** Id of a broker; -1 = none. */
  readonly leader: number
  /** The first of them is to lead. */
  readonly replicas: readonly number[]
  readonly inSync: readonly number[]
}

export class OwnBrokers {
  readonly ids = IDS
  readonly #brokers: ReadonlyMap<number, OwnKafka>

  private constructor(brokers: readonly OwnKafka[]) {
    this.#brokers = new Map(brokers.map((broker, at) => [at + 1, broker]))
  }

  static async open(): Promise<OwnBrokers> {
    const doors: Ports[] = []
    for (const _ of IDS) doors.push(await freePorts())
    const brokers = await Promise.all(
      doors.map((ports, at) =>
        OwnKafka.prepare({ member: { ports, heapMb: HEAP_MB, lines: linesOf(at + 1, doors) } }),
      ),
    )
    const cluster = new OwnBrokers(brokers)
    try {
      await cluster.mend()
      return cluster
    } catch (error) {
      await cluster.close()
      throw error
    }
  }

  get addresses(): readonly string[] {
    return this.#all.flatMap(({ brokers }) => brokers)
  }

  /** As kill -9 does. */
  async kill(...ids: readonly number[]): Promise<void> {
    await Promise.all(ids.map(id => this.#broker(id).kill()))
  }

  /** Starts those that are dead on their data, and waits until all is as if they never had been. */
  async mend(): Promise<void> {
    const dead = this.#all.filter(({ isRunning }) => !isRunning)
    await Promise.all(dead.map(broker => broker.start()))
    const what = 'three brokers in sync, each leading what it should'
    await until(
      () => this.#isWhole(),
      () => what,
    )
  }

  /** As the brokers that live tell it. */
  async partitions(topic: string): Promise<readonly PartitionState[]> {
    return await this.ask(admin => partitionsOf(admin, [topic]))
  }

  /** By Kafka's admin, over those that live unless told which. */
  async ask<Answer>(
    question: (admin: Admin) => Promise<Answer>,
    brokers: readonly OwnKafka[] = this.#all.filter(({ isRunning }) => isRunning),
  ): Promise<Answer> {
    const address = { brokers: brokers.flatMap(each => each.brokers), clientId: 'own-brokers' }
    const admin = openKafka(address).admin({ retry: { retries: 8, initialRetryTime: 50 } })
    try {
      await admin.connect()
      return await question(admin)
    } finally {
      await admin.disconnect()
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map(broker => broker.close()))
  }

  /** Each is asked: one that was just started may know better than one that never stopped. */
  async #isWhole(): Promise<boolean> {
    const answers = this.#all.map(broker => this.ask(isWholeBy, [broker]).catch(() => false))
    return (await Promise.all(answers)).every(Boolean)
  }

  #broker(id: number): OwnKafka {
    const broker = this.#brokers.get(id)
    assert(broker !== undefined, `there is no broker ${id}`)
    return broker
  }

  get #all(): readonly OwnKafka[] {
    return [...this.#brokers.values()]
  }
}

/** Looks until it is so; fails with what it waited for. */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  what: () => string,
): Promise<void> {
  for (let looked = 0; !(await isSo()); looked++) {
    assert.ok(looked < LOOKS_MAX, `waited in vain: ${what()}`)
    await pause(LOOK_MS)
  }
}

function linesOf(id: number, doors: readonly Ports[]): Lines {
  const voters = doors.map(([, controller], at) => `${at + 1}@127.0.0.1:${controller}`)
  return {
    'node.id': String(id),
    'controller.quorum.voters': voters.join(),
    'offsets.topic.replication.factor': '3',
    'transaction.state.log.replication.factor': '3',
    'transaction.state.log.min.isr': '2',
    'auto.create.topics.enable': 'false',
    // What was started again leads at once what it led before, not within five minutes.
    'leader.imbalance.check.interval.seconds': '1',
  }
}

async function isWholeBy(admin: Admin): Promise<boolean> {
  const { brokers } = await admin.describeCluster()
  const partitions = await partitionsOf(admin, [])
  return brokers.length === IDS.length && partitions.every(isHealthy)
}

async function partitionsOf(admin: Admin, topics: string[]): Promise<readonly PartitionState[]> {
  const told = await admin.fetchTopicMetadata({ topics })
  return told.topics.flatMap(({ name: topic, partitions }) =>
    partitions.map(({ partitionId, leader, replicas, isr }) => ({
      topic,
      partition: partitionId,
      leader,
      replicas,
      inSync: isr,
    })),
  )
}

function isHealthy({ leader, replicas, inSync }: PartitionState): boolean {
  return leader === replicas[0] && inSync.length === replicas.length
}
