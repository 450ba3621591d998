/** Gathers the records of a body into chunks of one batch each, and counts the refused ones. */
import { REJECTED_TOLD_MAX } from '#proto/limits.ts'
import type { RejectedRecord } from '#proto/people.ts'
import { type BatchColumns, FULL, type SealedBatch } from './batch-columns.ts'

/** Part of a body: one batch, and the input records [firstIndex, endIndex) that it was made of. */
export interface BodyChunk extends SealedBatch {
  readonly firstIndex: number
  readonly endIndex: number
  /** Records of it that were refused, by their number in the body; no more than are told. */
  readonly rejected: readonly RejectedRecord[]
  /** Rows of the batch that were refused after it had been made, ascending. */
  readonly refusedRows: readonly number[]
  /** Of each row number, start and end in the body; null unless asked for. */
  readonly places: Int32Array | null
}

/** Numbers of a row in `places`. */
export const PLACE_NUMBERS = 3

/** What a body was made into. */
export interface BodyChunks {
  readonly chunks: readonly BodyChunk[]
  readonly accepted: number
  /** All that were refused, those of the chunks and after the last of them included. */
  readonly rejected: readonly RejectedRecord[]
  /** Refused ones beyond those told. */
  readonly rejectedMore: number
}

/** Where a record stands in the body, and how many bytes its values take at most. */
export interface RecordPlace {
  readonly start: number
  readonly end: number
  readonly rawBytes: number
}

export class ChunkBuilder {
  accepted = 0
  readonly #columns: BatchColumns
  readonly #chunks: BodyChunk[] = []
  readonly #rejected: RejectedRecord[] = []
  #rowPlaces: number[] | null
  #index = 0
  #refused = 0
  /** Where the chunk that is being built begins: its first record and first rejection. */
  #chunkIndex = 0
  #chunkRejected = 0

  constructor(columns: BatchColumns, keepPlaces: boolean) {
    this.#columns = columns
    this.#rowPlaces = keepPlaces ? [] : null
  }

  /** The number of the next record. */
  get index(): number {
    return this.#index
  }

  /** The reason of the next one that is refused would be told. */
  get tells(): boolean {
    return this.#rejected.length < REJECTED_TOLD_MAX
  }

  /** Takes the record that was scanned; a text is the reason why it cannot be taken. */
  take({ start, end, rawBytes }: RecordPlace): string | null {
    let outcome = this.#columns.take(rawBytes)
    if (outcome === FULL) {
      this.#seal()
      outcome = this.#columns.take(rawBytes)
    }
    if (typeof outcome === 'string') return outcome
    this.#rowPlaces?.push(this.#index, start, end)
    this.accepted++
    this.#index++
    return null
  }

  refuse(reason: string): void {
    if (this.tells) this.#rejected.push({ index: this.#index, reason })
    this.#refused++
    this.#index++
  }

  finish(): BodyChunks {
    if (this.#columns.rows > 0) this.#seal()
    const rejectedMore = this.#refused - this.#rejected.length
    return {
      chunks: this.#chunks,
      accepted: this.accepted,
      rejected: this.#rejected,
      rejectedMore,
    }
  }

  #seal(): void {
    const endIndex = this.#index
    const rejected = this.#rejected.slice(this.#chunkRejected)
    const places = this.#rowPlaces && Int32Array.from(this.#rowPlaces)
    const part = { firstIndex: this.#chunkIndex, endIndex, rejected, refusedRows: [], places }
    this.#chunks.push({ ...part, ...this.#columns.seal() })
    if (places !== null) this.#rowPlaces = []
    this.#chunkIndex = endIndex
    this.#chunkRejected = this.#rejected.length
  }
}
