/**
 * Dead letters in append-only files. Bounded: when they are more than `bytesMax` the oldest file
 * goes, and what it held is counted as forgotten.
 */

import { join } from 'node:path'
import type { Disk, DiskFile } from '#runtime/disk.ts'
import type { Random } from '#runtime/random.ts'
import { sortableId } from '#runtime/sortable-id.ts'
import {
  bounded,
  type DeadLetter,
  type DeadLetterNote,
  type DeadLetterQuery,
  type DeadLetters,
  select,
} from './dead-letters.ts'
import {
  decodeLetterRecord,
  encodeLetterRecord,
  LETTER_FILE_HEADER_BYTES,
  type LetterRecord,
  letterFileHeader,
  scanLetterFile,
} from './letter-format.ts'

/** Thousands of whole batches. */
export const DEAD_LETTER_BYTES_MAX = 1024 * 1024 * 1024
const FILE_BYTES = 16 * 1024 * 1024
const NAME = /^(\d{10})\.dead$/

export interface FileDeadLettersOptions {
  readonly disk: Disk
  readonly folder: string
  readonly random: Random
  readonly bytesMax?: number
  readonly fileBytes?: number
}

interface Kept {
  readonly note: DeadLetterNote
  readonly file: number
  readonly offset: number
  readonly length: number
}

export class FileDeadLetters implements DeadLetters {
  readonly #options: FileDeadLettersOptions
  readonly #kept = new Map<string, Kept>()
  /** Number → bytes, in order. */
  readonly #files = new Map<number, number>()
  #open: { readonly number: number; readonly file: DiskFile } | null = null
  #damagedBytes = 0
  #forgotten = 0

  /** Throws LOGBOY_DEAD_LETTERS_NEWER for files of a newer version. */
  constructor(options: FileDeadLettersOptions) {
    this.#options = options
    const { disk, folder } = options
    disk.makeFolder(folder)
    for (const name of disk.list(folder)) {
      const [, digits] = NAME.exec(name) ?? []
      if (digits !== undefined) this.#recover(Number(digits))
    }
  }

  async put(
    letters: readonly DeadLetter[],
    when: 'durable' | 'soon' = 'durable',
  ): Promise<readonly string[]> {
    const records = letters.map(given => {
      const letter = bounded(given)
      const id = sortableId(letter.atUs, this.#options.random.bytes(6))
      return { type: 'letter', id, letter } as const
    })
    this.#append(records, when)
    return records.map(({ id }) => id)
  }

  async list(query: DeadLetterQuery): Promise<readonly DeadLetterNote[]> {
    return select(
      [...this.#kept.values()].map(({ note }) => note),
      query,
    )
  }

  async read(id: string): Promise<DeadLetter | null> {
    const kept = this.#kept.get(id)
    if (kept === undefined) return null
    const file = this.#options.disk.open(this.#path(kept.file), 'read')
    try {
      const bytes = Buffer.alloc(kept.length)
      file.read(bytes, kept.offset)
      const record = decodeLetterRecord(bytes)
      return record?.type === 'letter' ? record.letter : null
    } finally {
      file.close()
    }
  }

  async delete(ids: readonly string[]): Promise<number> {
    const there = ids.filter(id => this.#kept.has(id))
    this.#append(
      there.map(id => ({ type: 'deletion', id })),
      'durable',
    )
    return there.length
  }

  observe(): Record<string, unknown> {
    const bytes = [...this.#files.values()].reduce((sum, size) => sum + size, 0)
    const [damagedBytes, forgotten] = [this.#damagedBytes, this.#forgotten]
    return { letters: this.#kept.size, bytes, damagedBytes, forgotten }
  }

  async close(): Promise<void> {
    this.#open?.file.close()
    this.#open = null
  }

  #append(records: readonly LetterRecord[], when: 'durable' | 'soon'): void {
    if (records.length === 0) return
    const encoded = records.map(encodeLetterRecord)
    const bytes = encoded.reduce((sum, { length }) => sum + length, 0)
    const { number, file } = this.#fileFor(bytes)
    const start = this.#files.get(number) as number
    try {
      file.write(encoded, start)
      if (when === 'durable') file.sync()
    } catch (error) {
      // What is in it now nobody knows: the next letter goes elsewhere.
      file.close()
      this.#open = null
      throw error
    }
    let offset = start
    for (const [index, record] of records.entries()) {
      const { length } = encoded[index] as Buffer
      this.#note(record, { file: number, offset, length })
      offset += length
    }
    this.#files.set(number, offset)
    this.#forgetOldest()
  }

  #fileFor(bytes: number): { readonly number: number; readonly file: DiskFile } {
    const { disk, folder, fileBytes = FILE_BYTES } = this.#options
    const open = this.#open
    if (open !== null) {
      if ((this.#files.get(open.number) as number) + bytes <= fileBytes) return open
      open.file.close()
    }
    const number = (([...this.#files.keys()].at(-1) ?? 0) as number) + 1
    const file = disk.open(this.#path(number), 'create')
    file.write([letterFileHeader()], 0)
    file.sync()
    disk.syncFolder(folder)
    this.#files.set(number, LETTER_FILE_HEADER_BYTES)
    this.#open = { number, file }
    return this.#open
  }

  #recover(number: number): void {
    const path = this.#path(number)
    const file = this.#options.disk.open(path, 'read')
    let content: Buffer
    try {
      content = Buffer.alloc(file.size())
      file.read(content, 0)
    } finally {
      file.close()
    }
    const scanned = scanLetterFile(content)
    if (scanned === 'newer') {
      const error = new Error(`${path} was written by a newer Logboy`)
      throw Object.assign(error, { code: 'LOGBOY_DEAD_LETTERS_NEWER', path })
    }
    this.#files.set(number, content.length)
    this.#damagedBytes += scanned.damagedBytes
    for (const { record, offset, length } of scanned.records) {
      this.#note(record, { file: number, offset, length })
    }
  }

  #note(record: LetterRecord, place: Omit<Kept, 'note'>): void {
    if (record.type === 'deletion') return void this.#kept.delete(record.id)
    const { id, letter } = record
    const { bytes, ...rest } = letter
    this.#kept.set(id, { ...place, note: { id, ...rest, length: bytes.length } })
  }

  #forgetOldest(): void {
    const { disk, folder, bytesMax = DEAD_LETTER_BYTES_MAX } = this.#options
    let bytes = [...this.#files.values()].reduce((sum, size) => sum + size, 0)
    for (const [number, size] of this.#files) {
      if (bytes <= bytesMax || number === this.#open?.number) return
      for (const [id, { file }] of this.#kept) {
        if (file !== number) continue
        this.#kept.delete(id)
        this.#forgotten++
      }
      disk.remove(this.#path(number))
      disk.syncFolder(folder)
      this.#files.delete(number)
      bytes -= size
    }
  }

  #path(number: number): string {
    return join(this.#options.folder, `${String(number).padStart(10, '0')}.dead`)
  }
}
