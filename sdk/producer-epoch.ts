/** Under which producer and epoch batches are numbered, and when that has to change. */
import { EPOCH_MAX, PRODUCER_FRESH_MS } from '../proto/limits.ts'
import type { Random } from './random.ts'

const US_PER_MS = 1_000

export interface Epoch {
  /** 63 bits, never 0. */
  readonly producer: bigint
  readonly epoch: number
}

export class ProducerEpoch implements Epoch {
  private readonly random: Random
  producer: bigint
  epoch = 1
  /** The last time at which the server surely knew this producer; null = it need not know it. */
  knownUs: number | null = null
  /** Its numbers are another process's, of which we need not know all. */
  private isAdopted = false
  /** Epochs opened since the last acknowledgement. */
  private opened = 0

  constructor(random: Random) {
    this.random = random
    this.producer = random.producer()
  }

  /** No epoch was opened since the server last settled a batch. */
  get isSettled(): boolean {
    return this.opened === 0
  }

  /** Goes on as another sender did. */
  adopt({ producer, epoch }: Epoch, knownUs: number): void {
    this.producer = producer
    this.epoch = epoch
    this.knownUs = knownUs
    this.isAdopted = true
  }

  /** The server settled a batch, and so knows the producer. */
  acknowledged(nowUs: number): void {
    this.opened = 0
    this.knownUs = nowUs
  }

  /** The server forgets a producer that was silent for long: a day before that we begin anew. */
  isStale(nowUs: number): boolean {
    return this.knownUs !== null && nowUs - this.knownUs > PRODUCER_FRESH_MS * US_PER_MS
  }

  /** Begins the next epoch: because the server has `expired` this one, or wishes it. */
  open({ isExpired }: { isExpired: boolean }): void {
    this.knownUs = null
    this.opened++
    // A second one without an acknowledgement: someone else may use our number. And the process
    // before us may have used the next epoch and died before its spool knew.
    const isUnsure = this.opened > 1 || (isExpired && this.isAdopted)
    if (this.epoch >= EPOCH_MAX || isUnsure) {
      this.isAdopted = false
      this.producer = this.random.producer()
      this.epoch = 1
    } else this.epoch++
  }
}
