import { writeDictionaryField } from './text-writer.ts'
import type { WireWriter } from './wire-writer.ts'

/**
 * Builds a column of names (service, host, file), of which neighbours nearly always have the same:
 * that costs one comparison a record.
 */
export class NameColumn {
  private readonly indexes: Uint16Array
  private readonly known = new Map<string, number>()
  private entries: string[] = []
  private last = ''
  private lastIndex = 0

  constructor(recordsMax: number) {
    this.indexes = new Uint16Array(recordsMax)
    this.reset()
  }

  set(row: number, value: string): void {
    if (value !== this.last) this.turnTo(value)
    this.indexes[row] = this.lastIndex
  }

  private turnTo(value: string): void {
    let index = this.known.get(value)
    if (index === undefined) {
      index = this.entries.length
      this.known.set(value, index)
      this.entries.push(value)
    }
    this.last = value
    this.lastIndex = index
  }

  /** Writes the rows [start, end) as a Dictionary; nothing where all are ''. */
  write(writer: WireWriter, field: number, start: number, end: number): void {
    const { entries, indexes } = this.used(start, end)
    if (entries.length === 1 && entries[0] === '') return
    writeDictionaryField(writer, field, entries, entries.length === 1 ? null : indexes)
  }

  /** Entries that the rows use, renumbered: refused rows and parts of a batch leave some out. */
  private used(start: number, end: number): { entries: string[]; indexes: Uint16Array } {
    const numbers = new Map<number, number>()
    const entries: string[] = []
    const indexes = new Uint16Array(end - start)
    let previous = -1
    let number = 0
    for (let row = start; row < end; row++) {
      const index = this.indexes[row] as number
      if (index !== previous) {
        number = numbers.get(index) ?? -1
        if (number < 0) {
          number = entries.length
          numbers.set(index, number)
          entries.push(this.entries[index] as string)
        }
        previous = index
      }
      indexes[row - start] = number
    }
    return { entries, indexes }
  }

  /** Forgets all rows; the last name stays, for the next batch begins with it as a rule. */
  reset(): void {
    this.known.clear()
    this.known.set(this.last, 0)
    this.entries = [this.last]
    this.lastIndex = 0
  }
}
