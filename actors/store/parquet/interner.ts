/** Distinct texts, numbered in order of appearance; texts are byte ranges, never strings. */
export class TextInterner {
  /** Entry e is heap[offsets[e], offsets[e + 1]). */
  heap: Uint8Array = Buffer.allocUnsafeSlow(4096)
  offsets: Uint32Array = new Uint32Array(64)
  size = 0
  #hashes = new Int32Array(64)
  /** Open addressing, a power of two slots, at most half full; 0 = free, else entry + 1. */
  #slots = new Uint32Array(128)

  /** Number of the text; a new one is copied. */
  intern(bytes: Uint8Array, start: number, end: number): number {
    const hash = hashBytes(bytes, start, end)
    const mask = this.#slots.length - 1
    let slot = hash & mask
    for (;;) {
      const entry = (this.#slots[slot] as number) - 1
      if (entry < 0) return this.#add(slot, hash, bytes, start, end)
      if (this.#hashes[entry] === hash && this.#equals(entry, bytes, start, end)) return entry
      slot = (slot + 1) & mask
    }
  }

  heapBytes(): number {
    return this.offsets[this.size] as number
  }

  #equals(entry: number, bytes: Uint8Array, start: number, end: number): boolean {
    const { heap } = this
    let at = this.offsets[entry] as number
    if ((this.offsets[entry + 1] as number) - at !== end - start) return false
    for (let index = start; index < end; index++) {
      if (heap[at++] !== bytes[index]) return false
    }
    return true
  }

  #add(slot: number, hash: number, bytes: Uint8Array, start: number, end: number): number {
    const entry = this.size++
    if (entry + 1 === this.#hashes.length) this.#grow()
    const at = this.offsets[entry] as number
    this.offsets[entry + 1] = at + end - start
    if (at + end - start > this.heap.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(this.heap.length * 2, at + end - start))
      larger.set(this.heap.subarray(0, at))
      this.heap = larger
    }
    for (let from = start, to = at; from < end; from++, to++) {
      this.heap[to] = bytes[from] as number
    }
    this.#hashes[entry] = hash
    this.#slots[slot] = entry + 1
    if (this.size * 2 > this.#slots.length) this.#rehash()
    return entry
  }

  #grow(): void {
    const hashes = new Int32Array(this.#hashes.length * 2)
    hashes.set(this.#hashes)
    this.#hashes = hashes
    const offsets = new Uint32Array(this.offsets.length * 2)
    offsets.set(this.offsets)
    this.offsets = offsets
  }

  #rehash(): void {
    const slots = new Uint32Array(this.#slots.length * 2)
    const mask = slots.length - 1
    for (let entry = 0; entry < this.size; entry++) {
      let slot = (this.#hashes[entry] as number) & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = entry + 1
    }
    this.#slots = slots
  }
}

function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start
  for (let index = start; index < end; index++) {
    hash = Math.imul(hash ^ (bytes[index] as number), 0x01000193)
  }
  return hash ^ (hash >>> 15)
}

/** Distinct values of 8 bytes (int64 or double by their bits), numbered in order of appearance. */
export class PairInterner {
  /** Pairs (low, high) of each entry. */
  pairs = new Int32Array(128)
  size = 0
  #slots = new Uint32Array(128)

  intern(low: number, high: number): number {
    const mask = this.#slots.length - 1
    let slot = hashPair(low, high) & mask
    for (;;) {
      const entry = (this.#slots[slot] as number) - 1
      if (entry < 0) return this.#add(slot, low, high)
      if (this.pairs[2 * entry] === low && this.pairs[2 * entry + 1] === high) return entry
      slot = (slot + 1) & mask
    }
  }

  #add(slot: number, low: number, high: number): number {
    const entry = this.size++
    if (2 * entry === this.pairs.length) {
      const pairs = new Int32Array(this.pairs.length * 2)
      pairs.set(this.pairs)
      this.pairs = pairs
    }
    this.pairs[2 * entry] = low
    this.pairs[2 * entry + 1] = high
    this.#slots[slot] = entry + 1
    if (this.size * 2 > this.#slots.length) this.#rehash()
    return entry
  }

  #rehash(): void {
    const slots = new Uint32Array(this.#slots.length * 2)
    const mask = slots.length - 1
    for (let entry = 0; entry < this.size; entry++) {
      const low = this.pairs[2 * entry] as number
      let slot = hashPair(low, this.pairs[2 * entry + 1] as number) & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = entry + 1
    }
    this.#slots = slots
  }
}

const words = new Int32Array(2)
const number = new Float64Array(words.buffer)

/** Distinct numbers, numbered in order of appearance; 0 and -0 are one. */
export class NumberInterner {
  readonly #pairs = new PairInterner()

  get size(): number {
    return this.#pairs.size
  }

  /** The number of each entry; valid until the next `intern`. */
  get numbers(): Float64Array {
    const { pairs, size } = this.#pairs
    return new Float64Array(pairs.buffer, pairs.byteOffset, size)
  }

  intern(value: number): number {
    number[0] = value + 0
    return this.#pairs.intern(words[0] as number, words[1] as number)
  }
}

function hashPair(low: number, high: number): number {
  const hash = Math.imul(low, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b)
  return hash ^ (hash >>> 15)
}
