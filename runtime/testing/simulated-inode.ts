import assert from 'node:assert/strict'
import type { Random } from '../random.ts'

/** Disks promise no more than this much in one piece. */
const SECTOR_BYTES = 512

type Pending =
  | { readonly type: 'write'; readonly position: number; readonly bytes: Uint8Array }
  | { readonly type: 'truncate'; readonly size: number }

/**
 * One file of a SimulatedDisk: what a reader sees, what is durable, and the changes in between.
 *
 *   visible = durable + pending, in order      (until a sync fails and pending ones are forgotten)
 */
export class SimulatedInode {
  #visible = new GrowingBytes()
  #durable = new GrowingBytes()
  #pending: Pending[] = []

  get size(): number {
    return this.#visible.size
  }

  read(into: Uint8Array, position: number): number {
    const bytes = this.#visible.bytes().subarray(position, position + into.length)
    into.set(bytes)
    return bytes.length
  }

  /** Writes the first `length` bytes of all parts together. */
  write(parts: readonly Uint8Array[], position: number, length: number): void {
    const bytes = new Uint8Array(length)
    let at = 0
    for (const part of parts) {
      const piece = part.subarray(0, length - at)
      bytes.set(piece, at)
      at += piece.length
    }
    assert.equal(at, length)
    if (length > 0) this.#change({ type: 'write', position, bytes })
  }

  truncate(size: number): void {
    this.#change({ type: 'truncate', size })
  }

  sync(): void {
    for (const change of this.#pending) applyTo(this.#durable, change)
    this.#pending = []
  }

  /**
   * Each pending change reached the disk, will with the next sync, or is forgotten: it stays
   * readable until the power goes, and no later sync writes it.
   */
  failSync(random: Random): void {
    this.#pending = this.#pending.filter(change => {
      const fate = random.below(3)
      if (fate === 0) applyTo(this.#durable, change)
      return fate === 1
    })
  }

  /** Keeps what is durable and a random part of the rest. */
  losePower(random: Random): void {
    for (const change of this.#pending) surviveInPart(this.#durable, change, random)
    this.#pending = []
    this.#visible = this.#durable.copy()
  }

  flipBit(bit: number): void {
    this.#visible.flipBit(bit)
    this.#durable.flipBit(bit)
  }

  #change(change: Pending): void {
    applyTo(this.#visible, change)
    this.#pending.push(change)
  }
}

function applyTo(target: GrowingBytes, change: Pending): void {
  if (change.type === 'truncate') target.resize(change.size)
  else target.write(change.bytes, change.position)
}

function surviveInPart(target: GrowingBytes, change: Pending, random: Random): void {
  const fate = random.below(4)
  if (fate === 0) return
  if (fate === 1 || change.type === 'truncate') applyTo(target, change)
  else if (fate === 2) {
    const torn = change.bytes.subarray(0, random.below(change.bytes.length + 1))
    if (torn.length > 0) target.write(torn, change.position)
  } else surviveBySectors(target, change.bytes, change.position, random)
}

/** Sectors arrive in any order; the length may have been written before any of them. */
function surviveBySectors(
  target: GrowingBytes,
  bytes: Uint8Array,
  position: number,
  random: Random,
): void {
  const end = position + bytes.length
  if (random.below(2) === 0) target.resize(Math.max(target.size, end))
  for (let at = position; at < end; ) {
    const next = Math.min(end, at - (at % SECTOR_BYTES) + SECTOR_BYTES)
    if (random.below(2) === 0) target.write(bytes.subarray(at - position, next - position), at)
    at = next
  }
}

/** Bytes that grow by doubling; what was never written reads as zero. */
class GrowingBytes {
  #buffer = new Uint8Array(0)
  #size = 0

  get size(): number {
    return this.#size
  }

  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#size)
  }

  write(bytes: Uint8Array, position: number): void {
    this.resize(Math.max(this.#size, position + bytes.length))
    this.#buffer.set(bytes, position)
  }

  resize(size: number): void {
    if (size > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(size, this.#buffer.length * 2))
      grown.set(this.bytes())
      this.#buffer = grown
    }
    if (size < this.#size) this.#buffer.fill(0, size, this.#size)
    this.#size = size
  }

  copy(): GrowingBytes {
    const copied = new GrowingBytes()
    copied.write(this.bytes(), 0)
    return copied
  }

  flipBit(bit: number): void {
    const index = Math.floor(bit / 8)
    if (index < this.#size) this.#buffer[index] = (this.#buffer[index] as number) ^ (1 << (bit % 8))
  }
}
