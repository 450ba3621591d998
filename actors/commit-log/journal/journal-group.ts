import assert from 'node:assert/strict'
import { crc32 } from 'node:zlib'
import type { Position } from '../positions.ts'
import {
  COMMIT_BYTES,
  encodeCommit,
  encodeEntry,
  entryBytes,
  paddingOf,
  RECORD_HEADER_BYTES,
} from './journal-format.ts'

/**
 * A group on its way to the writer's thread: small columns, and the slabs that hold the batches.
 */
export interface GroupMessage {
  readonly slabs: readonly SharedArrayBuffer[]
  /** Four numbers an entry: index of its slab, offset and length of the batch, envelope length. */
  readonly table: Uint32Array
  readonly receivedAtUs: Float64Array
  /** All envelopes, one after the other. */
  readonly envelopes: Uint8Array
  /** How much of the log the group takes. */
  readonly bytes: number
}

const COLUMNS = 4

export class GroupBuilder {
  readonly #slabs: SharedArrayBuffer[] = []
  readonly #table: number[] = []
  readonly #receivedAtUs: number[] = []
  readonly #envelopes: Uint8Array[] = []
  #envelopeBytes = 0
  #bytes = COMMIT_BYTES

  add(
    envelope: Uint8Array,
    batch: { readonly memory: SharedArrayBuffer; readonly offset: number; readonly length: number },
    receivedAtUs: number,
  ): void {
    let slab = this.#slabs.lastIndexOf(batch.memory)
    if (slab < 0) slab = this.#slabs.push(batch.memory) - 1
    this.#table.push(slab, batch.offset, batch.length, envelope.length)
    this.#receivedAtUs.push(receivedAtUs)
    this.#envelopes.push(envelope)
    this.#envelopeBytes += envelope.length
    this.#bytes += entryBytes(envelope.length, batch.length)
  }

  get bytes(): number {
    return this.#bytes
  }

  finish(): GroupMessage {
    const envelopes = new Uint8Array(this.#envelopeBytes)
    let at = 0
    for (const envelope of this.#envelopes) {
      envelopes.set(envelope, at)
      at += envelope.length
    }
    return {
      slabs: this.#slabs,
      table: Uint32Array.from(this.#table),
      receivedAtUs: Float64Array.from(this.#receivedAtUs),
      envelopes,
      bytes: this.#bytes,
    }
  }
}

/** The bytes of a group as they go to the file, the batches still where they were received. */
export class GroupImage {
  readonly parts: readonly Uint8Array[]
  /** Where each entry ends. */
  readonly ends: Float64Array
  readonly end: Position

  constructor(group: GroupMessage, position: Position, salt: number) {
    const { table, slabs, envelopes } = group
    const count = table.length / COLUMNS
    const heads = Buffer.allocUnsafe(headBytes(group))
    const parts: Uint8Array[] = []
    this.ends = new Float64Array(count)
    // `heads` gets header, envelope and the padding of the batch before: one part between batches.
    let [at, partFrom, envelopeAt, entryAt, groupCrc] = [0, 0, 0, position, 0]
    for (let entry = 0; entry < count; entry++) {
      const row = entry * COLUMNS
      const slab = slabs[table[row] as number] as SharedArrayBuffer
      const batchBytes = table[row + 2] as number
      const batch = new Uint8Array(slab, table[row + 1] as number, batchBytes)
      const envelopeBytes = table[row + 3] as number
      const envelope = envelopes.subarray(envelopeAt, envelopeAt + envelopeBytes)
      envelopeAt += envelopeBytes
      const header = {
        envelopeBytes,
        batchBytes,
        // Node's crc32 of an empty shared buffer is 0, whatever it continues.
        contentCrc: batchBytes === 0 ? crc32(envelope) : crc32(batch, crc32(envelope)),
        position: entryAt,
        receivedAtUs: group.receivedAtUs[entry] as number,
      }
      encodeEntry(header, salt, heads, at)
      groupCrc = crc32(heads.subarray(at, at + RECORD_HEADER_BYTES), groupCrc)
      heads.set(envelope, at + RECORD_HEADER_BYTES)
      at += RECORD_HEADER_BYTES + envelopeBytes
      parts.push(heads.subarray(partFrom, at), batch)
      partFrom = at
      const padding = paddingOf(envelopeBytes + batchBytes)
      heads.fill(0, at, at + padding)
      at += padding
      entryAt += entryBytes(envelopeBytes, batchBytes)
      this.ends[entry] = entryAt
    }
    encodeCommit({ count, groupCrc, position: entryAt, groupStart: position }, salt, heads, at)
    parts.push(heads.subarray(partFrom, at + COMMIT_BYTES))
    this.parts = parts
    this.end = entryAt + COMMIT_BYTES
    assert(this.end - position === group.bytes, 'a group takes the room that was foreseen')
  }

  static empty(position: Position, salt: number): GroupImage {
    return new GroupImage(new GroupBuilder().finish(), position, salt)
  }
}

function headBytes({ table }: GroupMessage): number {
  let bytes = COMMIT_BYTES
  for (let row = 0; row < table.length; row += COLUMNS) {
    const [batch, envelope] = [table[row + 2] as number, table[row + 3] as number]
    bytes += entryBytes(envelope, batch) - batch
  }
  return bytes
}
