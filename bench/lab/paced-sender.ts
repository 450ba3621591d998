/** Batches over the SDK's door at a steady rate, whatever the answers take. */
import { BatchBuilder, type BatchRecord } from '#proto/batch-builder.ts'
import { dataFile, readLines, recordOf, type SealedBatch, sealedBatches } from './data.ts'
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
  /** Rows have the time at which they are sent, as an application gives it; else the file's. */
  readonly isLive?: boolean
}

export class PacedSender {
  readonly #client: StreamClient
  readonly #pace: Pace
  readonly #next: () => SealedBatch
  #rows = 0
  #bytes = 0

  private constructor(client: StreamClient, pace: Pace, next: () => SealedBatch) {
    this.#client = client
    this.#pace = pace
    this.#next = next
  }

  static async open(
    entry: Pick<LabEntry, 'grpcUrl'>,
    keys: ProjectKeys,
    pace: Pace,
  ): Promise<PacedSender> {
    const next = await (pace.isLive ? liveBatches(pace.batchRows) : fileBatches(pace.batchRows))
    const client = new StreamClient({ url: entry.grpcUrl, key: keys.ingest, window: WINDOW })
    await client.open()
    return new PacedSender(client, pace, next)
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
    const batch = this.#next()
    await this.#client.send(batch)
    this.#rows += batch.rows
    this.#bytes += batch.bytes.length
  }
}

async function fileBatches(batchRows: number): Promise<() => SealedBatch> {
  const batches: SealedBatch[] = []
  for await (const batch of sealedBatches(dataFile(FILE_ROWS), batchRows)) batches.push(batch)
  let sent = 0
  return () => batches[sent++ % batches.length] as SealedBatch
}

async function liveBatches(batchRows: number): Promise<() => SealedBatch> {
  const groups: BatchRecord[][] = []
  for await (const lines of readLines(dataFile(FILE_ROWS), batchRows)) {
    groups.push(lines.map(recordOf))
  }
  const builder = new BatchBuilder({ sdkName: 'bench', sdkVersion: '0' })
  let sent = 0
  return () => {
    const timeUs = Date.now() * 1_000
    const group = groups[sent++ % groups.length] as BatchRecord[]
    for (const record of group) builder.append({ ...record, timeUs })
    return { bytes: builder.seal(), rows: group.length }
  }
}
