import type { ThreadTools } from '#runtime/threads.ts'
import type { Position } from '../positions.ts'
import { diskFailure, journalPath } from './journal-files.ts'
import { decodeFileHeader, FILE_HEADER_BYTES } from './journal-format.ts'
import { scanRecords } from './journal-scan.ts'

export interface JournalReadInput {
  readonly folder: string
  readonly fileStart: Position
  /** A record starts there. */
  readonly position: Position
  /** Nothing behind it is read, for it may still change. */
  readonly end: Position
  /** Where the bytes go. */
  readonly memory: SharedArrayBuffer
  readonly offset: number
  readonly length: number
}

export type JournalReadResult =
  | {
      readonly type: 'read'
      /** Five numbers an entry: position of its end; where envelope and batch lie and how long. */
      readonly table: Float64Array
      readonly next: Position
      /** Memory that the record at `next` needs, if more than what is usual. */
      readonly needed: number
      readonly damagedBytes: number
    }
  /** The file was trimmed meanwhile. */
  | { readonly type: 'gone' }

export const READ_COLUMNS = 5

/** Task: reads a piece of a journal file into shared memory and proves every entry in it. */
export function journalRead(input: JournalReadInput, { disk }: ThreadTools): JournalReadResult {
  const path = journalPath(input.folder, input.fileStart)
  const bytes = new Uint8Array(input.memory, input.offset, input.length)
  const header = new Uint8Array(FILE_HEADER_BYTES)
  let filled = 0
  try {
    const file = disk.open(path, 'read')
    try {
      file.read(header, 0)
      filled = file.read(bytes, input.position - input.fileStart)
    } finally {
      file.close()
    }
  } catch (error) {
    if (diskFailure(error) !== undefined && !disk.exists(path)) return { type: 'gone' }
    throw error
  }
  bytes.fill(0, filled)
  const decoded = decodeFileHeader(header)
  const salt = decoded.type === 'header' ? decoded.salt : 0
  const { position, length } = input
  const scan = scanRecords({ bytes, position, salt, last: position + length >= input.end })
  const table: number[] = []
  let damagedBytes = 0
  for (const record of scan.records) {
    if (record.type === 'damaged') damagedBytes += record.end - record.position
    if (record.type !== 'entry') continue
    const { end, envelopeAt, envelopeBytes, batchAt, batchBytes } = record
    table.push(end, envelopeAt, envelopeBytes, batchAt, batchBytes)
  }
  const { next, needed } = scan
  return { type: 'read', table: Float64Array.from(table), next, needed, damagedBytes }
}
