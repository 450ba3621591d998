/**
 * How far a reader has come in a log of several partitions, as an immutable value. The embedded
 * journal has one partition, number 0.
 */
import assert from 'node:assert/strict'

/**
 * Where an entry ends in its partition, so that reading from it goes on with the next one. The
 * number means nothing outside this folder (journal: byte offset; Kafka: offset of the next
 * record). A reader's place in all partitions is `Positions`.
 */
export type Position = number

/** Where one entry ends. */
export interface EntryPlace {
  readonly partition: number
  readonly position: Position
}

type Pair = readonly [partition: number, position: Position]

export class Positions {
  /** Before the first entry of every partition. */
  static readonly NONE: Positions = new Positions([])

  /** In order of partition, none twice, none at 0. */
  readonly #pairs: readonly Pair[]

  private constructor(pairs: readonly Pair[]) {
    this.#pairs = pairs
  }

  /** A partition that is named twice counts where it is further. */
  static of(pairs: Iterable<Pair>): Positions {
    const furthest = new Map<number, Position>()
    for (const [partition, position] of pairs) {
      assert(Number.isSafeInteger(partition) && partition >= 0, 'partitions are numbers from 0 on')
      assert(Number.isSafeInteger(position) && position >= 0, 'positions are numbers from 0 on')
      furthest.set(partition, Math.max(position, furthest.get(partition) ?? 0))
    }
    const known = [...furthest].filter(([, position]) => position > 0)
    return known.length === 0 ? Positions.NONE : new Positions(known.sort(([a], [b]) => a - b))
  }

  /** One partition; the journal's unless it is named. */
  static at(position: Position, partition = 0): Positions {
    return Positions.of([[partition, position]])
  }

  /** 0 = before its first entry. */
  at(partition: number): Position {
    return this.#pairs.find(([known]) => known === partition)?.[1] ?? 0
  }

  /** In order of partition; those at their beginning are left out. */
  pairs(): readonly Pair[] {
    return this.#pairs
  }

  /** The entry was read already. */
  covers({ partition, position }: EntryPlace): boolean {
    return position <= this.at(partition)
  }

  /** Everything that `other` has read was read here too. */
  coversAll(other: Positions): boolean {
    return other.#pairs.every(([partition, position]) => this.covers({ partition, position }))
  }

  equals(other: Positions): boolean {
    return this.coversAll(other) && other.coversAll(this)
  }

  /** This entry read as well. */
  with(entry: EntryPlace): Positions {
    if (this.covers(entry)) return this
    const { partition, position } = entry
    // Every tail does this with every batch: nothing is made but the one pair and its list.
    const found = this.#pairs.findIndex(([known]) => known >= partition)
    const at = found < 0 ? this.#pairs.length : found
    const isKnown = this.#pairs[at]?.[0] === partition
    return new Positions(this.#pairs.toSpliced(at, isKnown ? 1 : 0, [partition, position]))
  }

  /** What either has read. */
  union(other: Positions): Positions {
    return this.coversAll(other) ? this : Positions.of([...this.#pairs, ...other.#pairs])
  }

  /** What both have read. */
  intersection(other: Positions): Positions {
    return Positions.of(
      this.#pairs.map(([partition, position]) => [
        partition,
        Math.min(position, other.at(partition)),
      ]),
    )
  }

  /** The same, of these partitions alone. */
  only(partitions: Iterable<number>): Positions {
    const wanted = new Set(partitions)
    return Positions.of(this.#pairs.filter(([partition]) => wanted.has(partition)))
  }

  /** As JSON and logs show it: the position alone where there is one partition, as in a journal. */
  toJSON(): Position | Record<number, Position> {
    const [first, ...others] = this.#pairs
    if (first === undefined) return 0
    return first[0] === 0 && others.length === 0 ? first[1] : Object.fromEntries(this.#pairs)
  }
}
