import { dirname, join } from 'node:path'
import type { Disk, DiskFile } from '#runtime/disk.ts'
import type { Position } from '../positions.ts'
import { journalFileName, snapshotFileName } from './journal-format.ts'
import { type ScannedRecord, scanRecords } from './journal-scan.ts'

/** A journal file as the writer and the readers know it. */
export interface JournalFile {
  readonly start: Position
  /** End of what counts in it; the file itself may be longer where a failed write was given up. */
  readonly end: Position
  readonly firstReceivedAtUs: number
  /** The admission table as of `start` lies beside it. */
  readonly hasSnapshot: boolean
}

/** Bytes that were committed and are damaged: moved aside, and told to people. */
export interface QuarantinedPart {
  readonly position: Position
  readonly bytes: number
  /** Where a copy lies; null = there was no room for one. */
  readonly path: string | null
}

const SCAN_BYTES = 4 * 1024 * 1024

export function journalPath(folder: string, start: Position): string {
  return join(folder, journalFileName(start))
}

export function snapshotPath(folder: string, start: Position): string {
  return join(folder, snapshotFileName(start))
}

/** A folder that is there after a power loss too. */
export function makeDurableFolder(disk: Disk, folder: string): void {
  if (disk.exists(folder)) return
  disk.makeFolder(folder)
  disk.syncFolder(dirname(folder))
}

/** Where a disk's refusal comes from, or undefined for what is no matter of the disk. */
export function diskFailure(error: unknown): 'disk-full' | 'disk-failed' | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'disk-full'
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? 'disk-failed' : undefined
}

export interface RecordsInput {
  readonly file: DiskFile
  readonly salt: number
  /** Position of the file's first byte. */
  readonly start: Position
  readonly from: Position
  readonly to: Position
}

/** Walks over all records between two positions; `bytes` is good until the next step. */
export function* recordsOf(
  input: RecordsInput,
): Generator<{ readonly record: ScannedRecord; readonly bytes: Buffer }> {
  const { file, salt, start, to } = input
  let buffer = Buffer.allocUnsafeSlow(Math.max(0, Math.min(SCAN_BYTES, to - input.from)))
  for (let position = input.from; position < to; ) {
    const bytes = buffer.subarray(0, Math.min(buffer.length, to - position))
    bytes.fill(0, file.read(bytes, position - start))
    const last = position + bytes.length >= to
    const scan = scanRecords({ bytes, position, salt, last })
    for (const record of scan.records) yield { record, bytes }
    if (scan.needed > buffer.length) buffer = Buffer.allocUnsafeSlow(scan.needed)
    position = scan.next
  }
}

/** Copies damaged bytes to a file of their own; a full disk costs the copy, not the start. */
export function quarantine(
  disk: Disk,
  folder: string,
  source: { readonly file: DiskFile; readonly start: Position },
  range: { readonly position: Position; readonly end: Position },
): QuarantinedPart {
  const { position, end } = range
  const aside = join(folder, 'quarantine')
  const path = join(aside, `${journalFileName(position)}-${end - position}`)
  const bytes = end - position
  if (disk.exists(path)) return { position, bytes, path }
  try {
    makeDurableFolder(disk, aside)
    const copy = disk.open(path, 'create')
    const buffer = Buffer.allocUnsafeSlow(Math.min(SCAN_BYTES, bytes))
    for (let at = position; at < end; at += buffer.length) {
      const part = buffer.subarray(0, Math.min(buffer.length, end - at))
      copy.write([part.subarray(0, source.file.read(part, at - source.start))], at - position)
    }
    copy.sync()
    copy.close()
    disk.syncFolder(aside)
    return { position, bytes, path }
  } catch (error) {
    if (diskFailure(error) === undefined) throw error
    return { position, bytes, path: null }
  }
}
