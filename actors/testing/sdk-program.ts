/** A program that logs through the SDK's real sender, as steadily as its seed wants. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { BatchBuilder } from '#proto/batch-builder.ts'
import { LogBatchSchema } from '#proto/gen/logboy/v1/log_batch_pb.ts'
import type { Random } from '#runtime/random.ts'
import type { Simulation } from '#runtime/testing/simulation.ts'
import { Sender } from '../../sdk/sender.ts'
import type { Transport } from '../../sdk/transport.ts'
import { type Ledger, messageOf, SERVICES, type SentLog, WORDS } from './ledger.ts'

export interface SdkProgramOptions {
  readonly sim: Simulation
  readonly name: string
  readonly projectId: string
  readonly key: string
  readonly transports: readonly Transport[]
  readonly ledger: Ledger
  readonly batches: number
  /** Time over which they are spread. */
  readonly spreadMs: number
  readonly recordsMax: number
  /** One of its batches, in the middle, has so many records; 0 = none does. */
  readonly floodRecords: number
  /** Many batches were just pushed. */
  readonly onBurst: () => void
}

const BURST_BATCHES = 6
/** Now and then a batch is not what the SDK would seal. */
const BROKEN_CHANCE = 0.03
const REFUSED_RECORD_CHANCE = 0.05
const SEVERITY_WRONG = 99
const HOUR_US = 3_600_000_000

export class SdkProgram {
  readonly #options: SdkProgramOptions
  readonly #random: Random
  #sender: Sender
  readonly #builder = new BatchBuilder({ sdkName: 'simulation', sdkVersion: '1' })
  #lives = 1
  #possiblyRepeated = 0
  /** Settles when all of it was pushed. */
  readonly pushed: Promise<void>

  constructor(options: SdkProgramOptions) {
    this.#options = options
    this.#random = options.sim.newRandom()
    this.#sender = this.#newSender()
    this.pushed = this.#pushAll()
  }

  /** Records that the SDK itself says may be there twice. */
  get possiblyRepeated(): number {
    return this.#possiblyRepeated + this.#sender.counts.possiblyRepeated
  }

  /** Batches that the sender still holds. */
  get pending(): number {
    return this.#sender.pending
  }

  observe(): string {
    const { pending, transport, counts } = this.#sender
    return `${this.#options.name}: ${pending} pending over ${transport}, ${JSON.stringify(counts)}`
  }

  /** The program ends without a word and starts again: what it held is gone. */
  crash(): void {
    this.#possiblyRepeated += this.#sender.counts.possiblyRepeated
    this.#sender.close()
    for (const log of this.#options.ledger.logs) {
      if (log.source === this.#source && log.fate === 'open') log.fate = 'unknown'
    }
    this.#lives++
    this.#sender = this.#newSender()
  }

  close(): void {
    this.#sender.close()
  }

  /** Tries at once where it would wait for its next attempt. */
  hurry(): void {
    this.#sender.hurry()
  }

  get #source(): string {
    return `${this.#options.name}#${this.#lives}`
  }

  #newSender(): Sender {
    const { sim, key, transports } = this.#options
    const random = this.#random
    return new Sender({
      key,
      transports,
      clock: sim.clock,
      random: { unit: () => random.unit(), producer: () => producerOf(random) },
      onTrouble: message => sim.trace(`${this.#source} ${message}`),
      onRoom: () => undefined,
    })
  }

  /** In bursts, so that many batches are on their way when something fails. */
  async #pushAll(): Promise<void> {
    const { sim, batches, spreadMs, recordsMax, floodRecords, onBurst } = this.#options
    const gapMs = spreadMs / batches
    await sim.sleep(this.#random.unit() * gapMs)
    for (let left = batches; left > 0; left--) {
      const isFlood = floodRecords > 0 && left === batches >> 1
      this.#push(isFlood ? floodRecords : 1 + this.#random.below(recordsMax))
      if (this.#random.below(BURST_BATCHES) > 0) continue
      onBurst()
      await sim.sleep(this.#random.unit() * 2 * gapMs * BURST_BATCHES)
    }
  }

  #push(count: number): void {
    const source = this.#source
    const logs = Array.from({ length: count }, () => this.#newLog())
    const dice = this.#random.unit()
    const isBroken = dice < BROKEN_CHANCE
    const refused = !isBroken && dice < REFUSED_RECORD_CHANCE ? this.#random.below(count) : -1
    const sealed = this.#seal(logs)
    let bytes = sealed
    if (isBroken) bytes = sealed.slice(0, sealed.length - 1)
    else if (refused >= 0) bytes = spoilRecord(sealed, refused)
    for (const [index, log] of logs.entries()) {
      if (isBroken || index === refused) log.fate = 'refused'
    }
    const sender = this.#sender
    sender.push({ bytes, records: count })
    sender.whenSettled(() => {
      for (const log of logs) if (log.fate === 'open') log.fate = 'stored'
      this.#options.sim.trace(`${source} settled n${logs[0]?.number}`)
    })
  }

  #seal(logs: readonly SentLog[]): Uint8Array {
    const nowUs = this.#options.sim.clock.nowUs()
    for (const log of logs) {
      const refusal = this.#builder.append({
        timeUs: timeOf(nowUs, this.#random),
        severity: this.#random.below(25),
        service: log.service,
        host: 'web-1',
        file: '',
        message: messageOf(log),
        attributes: this.#random.below(2) === 0 ? [['status', 200 + this.#random.below(3)]] : [],
      })
      if (refusal !== null) throw new Error(refusal)
    }
    return this.#builder.seal()
  }

  #newLog(): SentLog {
    const { ledger, projectId } = this.#options
    return ledger.add({
      projectId,
      source: this.#source,
      service: SERVICES[this.#random.below(SERVICES.length)] as string,
      word: WORDS[this.#random.below(WORDS.length)] as string,
    })
  }
}

function producerOf(random: Random): bigint {
  return ((BigInt(random.uint32()) << 31n) | BigInt(random.uint32() >>> 1)) + 1n
}

/** Most are of now, some have none, some lie on other days or too far ahead. */
function timeOf(nowUs: number, random: Random): number | null {
  switch (random.below(12)) {
    case 0:
      return null
    case 1:
      return nowUs + 2 * HOUR_US
    case 2:
      return nowUs - random.below(60) * HOUR_US
    default:
      return nowUs - random.below(1_000_000)
  }
}

/** Gives one record a severity that no door takes, as an SDK with a bug might. */
function spoilRecord(sealed: Uint8Array, index: number): Uint8Array {
  const batch = fromBinary(LogBatchSchema, sealed)
  const severities = Uint8Array.from(batch.severities)
  severities[index] = SEVERITY_WRONG
  return toBinary(LogBatchSchema, create(LogBatchSchema, { ...batch, severities }))
}
