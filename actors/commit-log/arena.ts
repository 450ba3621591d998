import assert from 'node:assert/strict'
import { placeOf } from '#runtime/shared-copy.ts'
import type { BatchBytes } from './commit-log.ts'

/** A slab holds several of the largest batches, and is small beside the arena's capacity. */
export const SLAB_BYTES = 4 * 1024 * 1024

/** Free slabs that even an idle server keeps. */
const FREE_SLABS_KEPT = 4

/** What V8 copies at a time. */
const ALIGNMENT_BYTES = 8

/** Slabs in use from which on memory counts as short. */
const SHORT_SHARE = 0.75

export interface ArenaOptions {
  /** Hard limit over all slabs. */
  readonly capacityBytes: number
  /** The part of it that doors cannot take, so that reading the log back always goes on. */
  readonly readerBytes: number
  readonly slabBytes?: number
}

/** Doors copy batches in from sockets; readers bring stored ones back from the log. */
export type ArenaUse = 'door' | 'reader'

/** Freshly allocated, counted once for its owner, who fills `view` before anyone else sees it. */
export interface ArenaBytes extends BatchBytes {
  readonly view: Uint8Array
}

/**
 * Memory of all batches on their way, shared by all threads but counted on the main thread alone:
 *
 *   slab (SharedArrayBuffer)   | batch | batch | batch |    free    |
 *                                                      ^ used, only moves on
 *
 * A slab is reused as a whole once its last batch is released.
 */
export class Arena {
  readonly #slabBytes: number
  readonly #slabsMax: number
  readonly #slabsMaxOfDoors: number
  readonly #free: SharedArrayBuffer[] = []
  readonly #waiting: (() => void)[] = []
  readonly #open: Record<ArenaUse, Slab | undefined> = { door: undefined, reader: undefined }
  #slabsInUse = 0
  /** The fewest free slabs there were since the last `shrink`. */
  #freeLowest = 0
  #bytesInUse = 0
  #batchesInUse = 0
  #refused = 0

  constructor(options: ArenaOptions) {
    this.#slabBytes = options.slabBytes ?? SLAB_BYTES
    this.#slabsMax = Math.floor(options.capacityBytes / this.#slabBytes)
    const slabsOfReaders = Math.ceil(options.readerBytes / this.#slabBytes)
    this.#slabsMaxOfDoors = this.#slabsMax - slabsOfReaders
    assert(slabsOfReaders >= 1 && this.#slabsMaxOfDoors >= 1, 'an arena has a slab for each use')
  }

  /** A copy of a batch, at a place that suits it (shared-copy.ts); null = full, as below. */
  copy(bytes: Uint8Array, use: ArenaUse = 'door'): ArenaBytes | null {
    const copy = this.allocate(bytes.length, use, placeOf(bytes, 0))
    copy?.view.set(bytes)
    return copy
  }

  /**
   * null = full: a door throttles its sender, a reader waits for `freed`. Starts `shift` bytes
   * behind a multiple of eight, if there is room for them.
   */
  allocate(length: number, use: ArenaUse = 'door', shift = 0): ArenaBytes | null {
    assert(length >= 0 && length <= this.#slabBytes, 'a batch fits a slab')
    const skipped = length + shift <= this.#slabBytes ? shift : 0
    const needed = skipped + length
    let slab = this.#open[use]
    if (slab === undefined || slab.used + needed > this.#slabBytes) {
      slab = this.#nextSlab(use)
      if (slab === undefined) {
        this.#refused++
        return null
      }
    }
    const offset = slab.used + skipped
    slab.used += Math.ceil(needed / ALIGNMENT_BYTES) * ALIGNMENT_BYTES
    slab.batches++
    this.#bytesInUse += length
    this.#batchesInUse++
    return new ArenaBatch(slab, offset, length, this.#onBatchFreed)
  }

  /** Settles when a slab was freed: a waiting reader then tries again. */
  freed(): Promise<void> {
    return new Promise(resolve => this.#waiting.push(resolve))
  }

  /** Bytes of batches that are not released; the slabs that hold them may be larger together. */
  get bytesInUse(): number {
    return this.#bytesInUse
  }

  /** Doors will be refused soon: what holds batches should let go of them. */
  get isShort(): boolean {
    return this.#slabsInUse >= this.#slabsMaxOfDoors * SHORT_SHARE
  }

  /**
   * Gives half of the slabs that were not needed since the last call back to the system; for a
   * timer. Not at once, for filling fresh memory takes eight times as long as reused one.
   */
  shrink(): void {
    const unneeded = Math.min(this.#freeLowest, this.#free.length - FREE_SLABS_KEPT)
    if (unneeded > 0) this.#free.splice(0, Math.ceil(unneeded / 2))
    this.#freeLowest = this.#free.length
  }

  observe(): {
    readonly bytesInUse: number
    readonly batchesInUse: number
    readonly slabsInUse: number
    readonly slabsFree: number
    readonly capacityBytes: number
    readonly refused: number
  } {
    return {
      bytesInUse: this.#bytesInUse,
      batchesInUse: this.#batchesInUse,
      slabsInUse: this.#slabsInUse,
      slabsFree: this.#free.length,
      capacityBytes: this.#slabsMax * this.#slabBytes,
      refused: this.#refused,
    }
  }

  #nextSlab(use: ArenaUse): Slab | undefined {
    if (this.#slabsInUse >= (use === 'door' ? this.#slabsMaxOfDoors : this.#slabsMax)) return
    const memory = this.#free.pop() ?? new SharedArrayBuffer(this.#slabBytes)
    this.#freeLowest = Math.min(this.#freeLowest, this.#free.length)
    this.#slabsInUse++
    const slab = { memory, used: 0, batches: 0 }
    this.#open[use] = slab
    return slab
  }

  readonly #onBatchFreed = (slab: Slab, length: number): void => {
    slab.batches--
    this.#bytesInUse -= length
    this.#batchesInUse--
    if (slab.batches > 0) return
    for (const use of ['door', 'reader'] as const) {
      if (this.#open[use] === slab) this.#open[use] = undefined
    }
    this.#slabsInUse--
    this.#free.push(slab.memory)
    for (const resume of this.#waiting.splice(0)) resume()
  }
}

/** A piece of allocated memory that keeps the whole: entries read back in one chunk share it. */
export function partOf(owner: BatchBytes, offset: number, length: number): BatchBytes {
  assert(offset >= 0 && offset + length <= owner.length, 'a part lies inside the whole')
  return {
    memory: owner.memory,
    offset: owner.offset + offset,
    length,
    retain: () => owner.retain(),
    release: () => owner.release(),
  }
}

interface Slab {
  readonly memory: SharedArrayBuffer
  used: number
  batches: number
}

class ArenaBatch implements ArenaBytes {
  readonly memory: SharedArrayBuffer
  readonly offset: number
  readonly length: number
  readonly #slab: Slab
  readonly #onFreed: (slab: Slab, length: number) => void
  #count = 1

  constructor(
    slab: Slab,
    offset: number,
    length: number,
    onFreed: (slab: Slab, length: number) => void,
  ) {
    this.memory = slab.memory
    this.offset = offset
    this.length = length
    this.#slab = slab
    this.#onFreed = onFreed
  }

  get view(): Uint8Array {
    assert(this.#count > 0, 'freed memory is not used')
    return new Uint8Array(this.memory, this.offset, this.length)
  }

  retain(): void {
    assert(this.#count > 0, 'freed memory is not retained')
    this.#count++
  }

  release(): void {
    assert(this.#count > 0, 'memory is released once by each owner')
    this.#count--
    if (this.#count === 0) this.#onFreed(this.#slab, this.length)
  }
}
