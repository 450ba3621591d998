import { crc32 } from 'node:zlib'
import type { Position } from '../positions.ts'
import { RECORD_HEADER_BYTES } from './journal-format.ts'
import type { ScannedRecord } from './journal-scan.ts'

interface Range {
  readonly position: Position
  readonly end: Position
}

/** What the last journal file holds. */
export interface GroupCheck {
  /** End of the last group that has its commit record; what follows is torn. */
  readonly committedEnd: Position
  /** Where that group begins: the only one whose sync may have failed, or never have begun. */
  readonly lastGroupStart: Position
  /** The last committed group, if its contents are damaged: nobody may have relied on it yet. */
  readonly damagedLastGroup: Range | null
  /** Damage inside earlier groups, whose other entries count. */
  readonly damage: readonly Range[]
}

/**
 * Judges the groups of a file, record by record. A group is only written once the one before it is
 * synced; so whatever a valid commit record follows was durable, and damage there is rot. Damage in
 * the very last group may as well be a write that was torn in an odd order and never acknowledged.
 */
export class GroupChecker {
  #committedEnd: Position
  #groupStart: Position
  #lastGroupStart: Position
  #entries: { readonly position: Position; readonly header: Buffer }[] = []
  #open: Range[] = []
  #suspect: { readonly group: Range; readonly damage: readonly Range[] } | null = null
  readonly #damage: Range[] = []

  constructor(start: Position) {
    this.#committedEnd = start
    this.#groupStart = start
    this.#lastGroupStart = start
  }

  see(record: ScannedRecord, bytes: Buffer): void {
    if (record.type === 'damaged') this.#open.push(record)
    else if (record.type === 'entry') {
      const { position, headerAt } = record
      const header = Buffer.from(bytes.subarray(headerAt, headerAt + RECORD_HEADER_BYTES))
      this.#entries.push({ position, header })
    } else this.#commit(record)
  }

  finish(): GroupCheck {
    return {
      committedEnd: this.#committedEnd,
      lastGroupStart: this.#lastGroupStart,
      damagedLastGroup: this.#suspect?.group ?? null,
      damage: this.#damage,
    }
  }

  #commit(commit: ScannedRecord & { readonly type: 'commit' }): void {
    if (commit.groupStart < this.#groupStart) {
      // The second copy of a commit record whose first one was seen.
      this.#committedEnd = commit.end
      this.#groupStart = commit.end
      return
    }
    if (this.#suspect !== null) this.#damage.push(...this.#suspect.damage)
    this.#suspect = null
    const own = this.#entries.filter(({ position }) => position >= commit.groupStart)
    const crc = own.reduce((sum, { header }) => crc32(header, sum), 0)
    const intact = own.length === commit.count && crc === commit.groupCrc
    // Damage before this group swallowed a commit record, or this group's own entries.
    const earlier = this.#open.filter(({ end }) => end <= commit.groupStart)
    const inside = this.#open.filter(({ end }) => end > commit.groupStart)
    this.#damage.push(...earlier)
    if (!intact) {
      const group = { position: commit.groupStart, end: commit.end }
      this.#suspect = { group, damage: inside }
    } else this.#damage.push(...inside)
    this.#lastGroupStart = commit.groupStart
    this.#committedEnd = commit.end
    this.#groupStart = commit.end
    this.#entries = []
    this.#open = []
  }
}
