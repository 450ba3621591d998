/** Sealed batches over the SDK's door at a steady rate, whatever the answers take. */
import { dataFile, type SealedBatch, sealedBatches } from './data.ts'
import type { LabEntry, ProjectKeys } from './entry.ts'
import { pause } from './pause.ts'
import { StreamClient } from './stream-client.ts'

/** Sent over and over; times lie within a day. */
const FILE_ROWS = 200_000
const WINDOW = 64
const LOOK_MS = 5

export interface Pace {
  readonly rowsPerSecond: number
  readonly batchRows: number
}

export class PacedSender {
  readonly #client: StreamClient
  readonly #pace: Pace
  readonly #batches: readonly SealedBatch[]
  #batchesSent = 0
  #rows = 0
  #bytes = 0

  private constructor(client: StreamClient, pace: Pace, batches: readonly SealedBatch[]) {
    this.#client = client
    this.#pace = pace
    this.#batches = batches
  }

  static async open(entry: LabEntry, keys: ProjectKeys, pace: Pace): Promise<PacedSender> {
    const batches: SealedBatch[] = []
    for await (const batch of sealedBatches(dataFile(FILE_ROWS), pace.batchRows)) {
      batches.push(batch)
    }
    const client = new StreamClient({ url: entry.grpcUrl, key: keys.ingest, window: WINDOW })
    await client.open()
    return new PacedSender(client, pace, batches)
  }

  /** Rows sent; when the window is full, those before it are acknowledged. */
  get rows(): number {
    return this.#rows
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Sends until `isOver` says so, given the milliseconds since the call; answers the seconds it took. */
  async run(isOver: (elapsedMs: number) => boolean): Promise<number> {
    const begunMs = performance.now()
    const before = this.#rows
    for (let elapsed = 0; !isOver(elapsed); elapsed = performance.now() - begunMs) {
      const due = (this.#pace.rowsPerSecond * elapsed) / 1_000
      while (this.#rows - before < due) await this.#send()
      await pause(LOOK_MS)
    }
    await this.#client.drain()
    return (performance.now() - begunMs) / 1_000
  }

  close(): void {
    this.#client.close()
  }

  async #send(): Promise<void> {
    const batch = this.#batches[this.#batchesSent++ % this.#batches.length]
    if (batch === undefined) throw new Error('there is no data')
    await this.#client.send(batch)
    this.#rows += batch.rows
    this.#bytes += batch.bytes.length
  }
}
