/**
 * How many different values there were, in bounded memory, so that counts of parts add up to the
 * count of the whole. Up to SPARSE_MAX values are counted exactly by their hashes; beyond it a
 * HyperLogLog of 2,048 registers estimates with a standard error of 2.3 %
 * (https://algo.inria.fr/flajolet/Publications/FlFuGaMe07.pdf).
 */
import type { ByteReader, ByteWriter } from './byte-stream.ts'

const SPARSE_MAX = 256
const INDEX_BITS = 11
const REGISTERS = 1 << INDEX_BITS
/** Standard error of an estimate, relative. */
export const DISTINCT_ERROR: number = 1.04 / Math.sqrt(REGISTERS)

export class DistinctSketch {
  /** Hashes of 53 bits; null = there were too many. */
  #sparse: Set<number> | null = new Set()
  #registers: Uint8Array | null = null

  /** The value as UTF-8 bytes [start, end). */
  add(bytes: Uint8Array, start: number, end: number): void {
    this.#addHash(hashOf(bytes, start, end))
  }

  merge(other: DistinctSketch): void {
    const { hashes, registers } = other.#parts
    for (const hash of hashes) this.#addHash(hash)
    if (registers === null) return
    const own = this.#dense()
    for (let i = 0; i < REGISTERS; i++) {
      if ((registers[i] as number) > (own[i] as number)) own[i] = registers[i] as number
    }
  }

  estimate(): number {
    if (this.#sparse !== null) return this.#sparse.size
    let sum = 0
    let zeros = 0
    for (const register of this.#dense()) {
      sum += 2 ** -register
      if (register === 0) zeros++
    }
    const raw = ((0.7213 / (1 + 1.079 / REGISTERS)) * REGISTERS * REGISTERS) / sum
    const isSmall = raw <= 2.5 * REGISTERS && zeros > 0
    return Math.round(isSmall ? REGISTERS * Math.log(REGISTERS / zeros) : raw)
  }

  write(writer: ByteWriter): void {
    const { hashes, registers } = this.#parts
    writer.u16(registers === null ? hashes.size : DENSE)
    if (registers === null) for (const hash of hashes) writer.f64(hash)
    else writer.bytes(registers)
  }

  static read(reader: ByteReader): DistinctSketch {
    const sketch = new DistinctSketch()
    const size = reader.u16()
    if (size === DENSE) sketch.#registers = reader.bytes(REGISTERS).slice()
    else for (let i = 0; i < size; i++) sketch.#addHash(reader.f64())
    if (size === DENSE) sketch.#sparse = null
    return sketch
  }

  get #parts(): { readonly hashes: ReadonlySet<number>; readonly registers: Uint8Array | null } {
    return { hashes: this.#sparse ?? NO_HASHES, registers: this.#registers }
  }

  #addHash(hash: number): void {
    if (this.#sparse === null) return register(this.#dense(), hash)
    this.#sparse.add(hash)
    if (this.#sparse.size > SPARSE_MAX) this.#dense()
  }

  #dense(): Uint8Array {
    if (this.#registers !== null) return this.#registers
    const registers = new Uint8Array(REGISTERS)
    for (const hash of this.#sparse ?? NO_HASHES) register(registers, hash)
    this.#sparse = null
    this.#registers = registers
    return registers
  }
}

const DENSE = 0xffff
const NO_HASHES: ReadonlySet<number> = new Set()
/** A hash is HIGH bits above LOW bits; the register is named by the topmost ones. */
const HIGH_BITS = 32
const LOW_BITS = 21

function register(registers: Uint8Array, hash: number): void {
  const high = Math.floor(hash / 2 ** LOW_BITS)
  const low = hash - high * 2 ** LOW_BITS
  const index = high >>> (HIGH_BITS - INDEX_BITS)
  const rest = (high << INDEX_BITS) >>> 0
  const zeros =
    rest !== 0 ? Math.clz32(rest) : HIGH_BITS - INDEX_BITS + Math.clz32(low << (32 - LOW_BITS))
  const rank = Math.min(zeros, HIGH_BITS - INDEX_BITS + LOW_BITS) + 1
  if (rank > (registers[index] as number)) registers[index] = rank
}

/** 53 bits of two multiplicative hashes, each finished as in MurmurHash3. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let [a, b] = [0x9747b28c, 0x2545f491]
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number
    a = Math.imul(a ^ byte, 0x01000193)
    b = Math.imul(b + byte, 0x85ebca6b)
    b ^= b >>> 15
  }
  return finish(a ^ (end - start)) * 2 ** LOW_BITS + (finish(b) >>> (32 - LOW_BITS))
}

function finish(hash: number): number {
  let mixed = hash
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
