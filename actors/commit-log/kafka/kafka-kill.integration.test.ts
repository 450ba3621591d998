/** A broker that is killed and one that hangs, while several senders go on without end. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pause } from '#runtime/clock.ts'
import type { Arena } from '../arena.ts'
import { Positions } from '../positions.ts'
import { newArena } from '../testing/journals.ts'
import { newKafkaWorld } from '../testing/kafkas.ts'
import { append, type Seen, seenOf } from '../testing/log-driver.ts'
import { NO_OWN_KAFKA, OwnKafka } from '../testing/own-kafka.ts'
import type { KafkaLog } from './kafka-log.ts'

const SENDERS = 4
const WINDOW = 6

test('kill -9 and a hang: nothing acknowledged is lost, doubled or out of order', {
  skip: NO_OWN_KAFKA,
}, async () => {
  const kafka = await OwnKafka.open()
  const world = await newKafkaWorld(kafka.brokers, { partitions: 2, requestTimeoutMs: 2_000 })
  const arena = newArena()
  const log = await world.open(arena)
  const ledger = new Ledger(log)
  const senders = Array.from({ length: SENDERS }, (_, at) => new Sender(log, arena, BigInt(at + 1)))
  try {
    const running = senders.map(sender => sender.run())
    const progress = async (): Promise<void> => {
      const before = senders.map(({ acknowledged }) => acknowledged)
      const isFurther = (): boolean =>
        senders.every(({ acknowledged }, at) => acknowledged > (before[at] ?? 0) + 20)
      for (let looked = 0; !isFurther(); looked++) {
        assert.ok(looked < 600, `no progress: ${world.troubles.join('\n')}`)
        await pause(50)
      }
    }
    await progress()
    await kafka.kill()
    await kafka.start()
    await progress()
    kafka.hang()
    await pause(5_000)
    kafka.resume()
    await progress()
    for (const sender of senders) sender.stop()
    await Promise.all(running)
    const acknowledged = senders.reduce((sum, sender) => sum + sender.acknowledged, 0)
    for (let looked = 0; ledger.seen.length < acknowledged; looked++) {
      assert.ok(looked < 600, `${ledger.seen.length} of ${acknowledged} were delivered`)
      await pause(50)
    }
    const last = new Map<number, number>()
    for (const { producer, sequence } of ledger.seen) {
      assert.equal(sequence, (last.get(producer) ?? 0) + 1, `producer ${producer}`)
      last.set(producer, sequence)
    }
    for (const { producer, acknowledged: sent } of senders) {
      assert.equal(last.get(Number(producer)), sent)
    }
    assert.ok(
      senders.some(({ refusals }) => refusals > 0),
      'the faults were felt',
    )
  } finally {
    for (const sender of senders) sender.stop()
    await log.close()
    await kafka.close()
  }
})

/** As a store: what was delivered and not passed is void when the partition is assigned anew. */
class Ledger {
  seen: Seen[] = []

  constructor(log: KafkaLog) {
    const consumption = log.consume({
      name: 'store',
      from: Positions.NONE,
      receive: entries => {
        this.seen.push(...entries.map(seenOf))
        const last = entries.at(-1)
        if (last !== undefined) consumption.passed(Positions.NONE.with(last))
      },
      assigned: (partition, from) => {
        this.seen = this.seen.filter(
          entry => entry.partition !== partition || entry.position <= from,
        )
      },
    })
  }
}

/** As an SDK: a window of batches on their way, and back to the first that was refused. */
class Sender {
  readonly producer: bigint
  readonly #log: KafkaLog
  readonly #arena: Arena
  acknowledged = 0
  refusals = 0
  #isStopped = false

  constructor(log: KafkaLog, arena: Arena, producer: bigint) {
    this.producer = producer
    this.#log = log
    this.#arena = arena
  }

  stop(): void {
    this.#isStopped = true
  }

  /** Ends when all that was sent is acknowledged. */
  async run(): Promise<void> {
    while (!this.#isStopped) {
      const window = Array.from({ length: WINDOW }, (_, at) => this.acknowledged + 1 + at)
      for (let from = 0; from < window.length; ) {
        const outcomes = await Promise.all(window.slice(from).map(sequence => this.#send(sequence)))
        const refused = outcomes.findIndex(({ type }) => type !== 'durable')
        const stored = refused < 0 ? outcomes.length : refused
        this.acknowledged += stored
        from += stored
        if (refused < 0) break
        this.refusals++
        await pause(100)
      }
    }
  }

  #send(sequence: number) {
    const ids = { producer: this.producer, sequence: BigInt(sequence), bytes: 2_000 }
    return append(this.#log, this.#arena, { ...ids, projectId: `project0a${this.producer % 2n}` })
  }
}
