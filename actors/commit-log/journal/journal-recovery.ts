import { join } from 'node:path'
import { fromBinary } from '@bufbuild/protobuf'
import { EnvelopeSchema } from '#proto/gen/logboy/v1/envelope_pb.ts'
import type { Disk, DiskFile } from '#runtime/disk.ts'
import { Admission } from '../admission.ts'
import { type AdmissionState, decodeAdmission } from '../admission-snapshot.ts'
import type { Position } from '../positions.ts'
import {
  diskFailure,
  type JournalFile,
  journalPath,
  makeDurableFolder,
  type QuarantinedPart,
  quarantine,
  recordsOf,
  snapshotPath,
} from './journal-files.ts'
import {
  decodeFileHeader,
  FILE_HEADER_BYTES,
  journalFileName,
  startOfJournalFile,
} from './journal-format.ts'
import { type GroupCheck, GroupChecker } from './journal-group-check.ts'

/** What is in the folder after everything torn was cut off and everything damaged moved aside. */
export interface RecoveredJournal {
  readonly files: readonly JournalFile[]
  /** Salt of the last file. */
  readonly salt: number
  /** Where the next group goes; beyond the last file's end if what lay between was given up. */
  readonly end: Position
  readonly lastEntryEnd: Position
  readonly lastReceivedAtUs: number
  readonly admission: AdmissionState
  /** false = the admission table of trimmed files could not be read: old repeats may pass. */
  readonly admissionWhole: boolean
  readonly tornBytes: number
  readonly quarantined: readonly QuarantinedPart[]
}

export type RecoveryOutcome = ({ readonly type: 'recovered' } & RecoveredJournal) | NewerJournal

/** Written by a newer version of Logboy; nothing was touched. */
export interface NewerJournal {
  readonly type: 'newer'
  readonly path: string
  readonly version: number
}

export function recoverJournal(disk: Disk, folder: string): RecoveryOutcome {
  makeDurableFolder(disk, folder)
  const newer = findNewer(disk, folder)
  if (newer !== undefined) return newer
  return { type: 'recovered', ...new Recovery(disk, folder).run() }
}

interface OpenedFile {
  readonly start: Position
  readonly salt: number
  readonly firstReceivedAtUs: number
  end: Position
}

/** A file whose bytes from `from` on may not be on disk. */
interface Suspect {
  readonly file: DiskFile
  readonly path: string
  readonly from: number
  readonly size: number
}

interface HeadlessFile {
  readonly start: Position
  readonly size: number
  /** Where the next file begins; undefined = it is the newest. */
  readonly next: Position | undefined
  /** Nothing was written to it, or nothing of it is left. */
  readonly isBlank: boolean
}

class Recovery {
  readonly #disk: Disk
  readonly #folder: string
  readonly #quarantined: QuarantinedPart[] = []
  #files: OpenedFile[] = []
  #end = 0
  #tornBytes = 0

  constructor(disk: Disk, folder: string) {
    this.#disk = disk
    this.#folder = folder
  }

  run(): RecoveredJournal {
    this.#openAll()
    while (this.#files.length > 0 && !this.#settleLast()) this.#files.pop()
    this.#noteHoles()
    const last = this.#files.at(-1)
    this.#end = Math.max(this.#end, last?.end ?? 0)
    const { from, state, whole } = this.#newestSnapshot()
    const admission = new Admission(state)
    let lastEntryEnd: Position | null = null
    let lastReceivedAtUs = last?.firstReceivedAtUs ?? 0
    for (const file of this.#files.slice(from)) {
      this.#forEachEntry(file, (envelopeBytes, end) => {
        const envelope = fromBinary(EnvelopeSchema, envelopeBytes)
        admission.apply(envelope)
        lastEntryEnd = end
        lastReceivedAtUs = Math.max(lastReceivedAtUs, Number(envelope.receivedAtUs))
      })
    }
    return {
      files: this.#files.map(({ start, end, firstReceivedAtUs }) => {
        const hasSnapshot = this.#disk.exists(snapshotPath(this.#folder, start))
        return { start, end, firstReceivedAtUs, hasSnapshot }
      }),
      salt: last?.salt ?? 0,
      end: this.#end,
      lastEntryEnd: lastEntryEnd ?? this.#lastEntryEndBefore(from),
      lastReceivedAtUs,
      admission: admission.state(lastReceivedAtUs),
      admissionWhole: whole,
      tornBytes: this.#tornBytes,
      quarantined: this.#quarantined,
    }
  }

  /** Where the last entry of earlier files ends: those from the snapshot on have none left. */
  #lastEntryEndBefore(from: number): Position {
    let found: Position | null = null
    for (const file of this.#files.slice(0, from).reverse()) {
      this.#forEachEntry(file, (_, end) => {
        found = end
      })
      if (found !== null) return found
    }
    return this.#files[0]?.start ?? this.#end
  }

  #openAll(): void {
    const starts = journalStarts(this.#disk, this.#folder)
    for (const [index, start] of starts.entries()) {
      const path = journalPath(this.#folder, start)
      const file = this.#disk.open(path, 'read')
      const bytes = new Uint8Array(FILE_HEADER_BYTES)
      const read = file.read(bytes, 0)
      const size = file.size()
      file.close()
      const header = decodeFileHeader(bytes.subarray(0, read))
      if (header.type === 'header' && header.start === start) {
        const previous = this.#files.at(-1)
        if (previous !== undefined) previous.end = Math.min(previous.end, start)
        const { salt, firstReceivedAtUs } = header
        this.#files.push({ start, salt, firstReceivedAtUs, end: start + size })
      } else {
        const isBlank = size <= FILE_HEADER_BYTES && bytes.every(byte => byte === 0)
        this.#putAside({ start, size, next: starts[index + 1], isBlank })
      }
    }
  }

  /** A newest file without anything in it holds nothing acknowledged; any other is rotten. */
  #putAside({ start, size, next, isBlank }: HeadlessFile): void {
    const path = journalPath(this.#folder, start)
    if (isBlank && next === undefined) this.#disk.remove(path)
    else {
      const aside = join(this.#folder, 'quarantine')
      makeDurableFolder(this.#disk, aside)
      const target = join(aside, journalFileName(start))
      this.#disk.rename(path, target)
      this.#disk.syncFolder(aside)
      const end = Math.max(start + size, next ?? 0)
      this.#quarantined.push({ position: start, bytes: end - start, path: target })
      this.#end = Math.max(this.#end, end)
    }
    this.#disk.syncFolder(this.#folder)
  }

  /** Cuts the last file to what counts, durably; false = nothing counts, the file is gone. */
  #settleLast(): boolean {
    const last = this.#files.at(-1) as OpenedFile
    const path = journalPath(this.#folder, last.start)
    const file = this.#disk.open(path, 'update')
    const check = this.#checkGroups(file, last)
    for (const range of check.damage) this.#keepAside(file, last.start, range)
    const size = last.end - last.start
    last.end = check.committedEnd
    this.#tornBytes += Math.max(0, size - (last.end - last.start))
    if (check.damagedLastGroup !== null) {
      this.#keepAside(file, last.start, check.damagedLastGroup)
      last.end = check.damagedLastGroup.position
      this.#end = Math.max(this.#end, check.damagedLastGroup.end)
    }
    if (last.end === last.start + FILE_HEADER_BYTES) {
      file.close()
      this.#disk.remove(path)
      this.#disk.remove(snapshotPath(this.#folder, last.start))
      this.#disk.syncFolder(this.#folder)
      return false
    }
    if (last.end - last.start < file.size()) file.truncate(last.end - last.start)
    const isFirst = check.lastGroupStart === last.start + FILE_HEADER_BYTES
    // The header came with the first group.
    const from = isFirst ? 0 : check.lastGroupStart - last.start
    this.#syncOrRewrite({ file, path, from, size: last.end - last.start })
    this.#settleSnapshot(last.start)
    return true
  }

  /**
   * A file that ends before the next one begins was cut: what is gone was acknowledged. Where the
   * hole is one that an earlier start made, its copy lies aside, and it was told then.
   */
  #noteHoles(): void {
    for (const [index, { end: position }] of this.#files.entries()) {
      const bytes = (this.#files[index + 1]?.start ?? position) - position
      if (bytes <= 0 || this.#quarantined.some(part => part.position === position)) continue
      const name = join(this.#folder, 'quarantine', journalFileName(position))
      if (this.#disk.exists(name) || this.#disk.exists(`${name}-${bytes}`)) continue
      this.#quarantined.push({ position, bytes, path: null })
    }
  }

  #checkGroups(file: DiskFile, last: OpenedFile): GroupCheck {
    const from = last.start + FILE_HEADER_BYTES
    const checker = new GroupChecker(from)
    const range = { file, salt: last.salt, start: last.start, from, to: last.end }
    for (const { record, bytes } of recordsOf(range)) checker.see(record, bytes)
    return checker.finish()
  }

  /**
   * After a kill the newest bytes may be in the page cache only, and whoever repeats them will be
   * acknowledged; so they have to be durable from here on. Their sync may have failed before, and
   * then the cache takes them for written: only bytes that are written again are synced for sure.
   */
  #syncOrRewrite({ file, path, from, size }: Suspect): void {
    try {
      if (from < size) file.write([bytesOf(file, from, size)], from)
      file.sync()
    } catch (error) {
      if (diskFailure(error) === undefined) throw error
      const temporary = `${path}.rewritten`
      this.#disk.remove(temporary)
      const copy = this.#disk.open(temporary, 'create')
      copy.write([bytesOf(file, 0, size)], 0)
      copy.sync()
      copy.close()
      this.#disk.rename(temporary, path)
    } finally {
      file.close()
    }
    this.#disk.syncFolder(this.#folder)
  }

  /** A file whose start failed may have left a snapshot that was never synced. */
  #settleSnapshot(start: Position): void {
    const path = snapshotPath(this.#folder, start)
    if (!this.#disk.exists(path)) return
    const file = this.#disk.open(path, 'update')
    this.#syncOrRewrite({ file, path, from: 0, size: file.size() })
  }

  #newestSnapshot(): { from: number; state: AdmissionState | undefined; whole: boolean } {
    for (let index = this.#files.length - 1; index >= 0; index--) {
      const { start } = this.#files[index] as OpenedFile
      const bytes = readWhole(this.#disk, snapshotPath(this.#folder, start))
      const decoded = bytes === undefined ? undefined : decodeAdmission(bytes)
      if (decoded?.type === 'state') return { from: index, state: decoded.state, whole: true }
    }
    return { from: 0, state: undefined, whole: (this.#files[0]?.start ?? 0) === 0 }
  }

  #forEachEntry(opened: OpenedFile, visit: (envelope: Uint8Array, end: Position) => void): void {
    const { start, salt, end: to } = opened
    const file = this.#disk.open(journalPath(this.#folder, start), 'read')
    const range = { file, salt, start, from: start + FILE_HEADER_BYTES, to }
    for (const { record, bytes } of recordsOf(range)) {
      if (record.type === 'entry') {
        const { envelopeAt, envelopeBytes, end } = record
        visit(Uint8Array.from(bytes.subarray(envelopeAt, envelopeAt + envelopeBytes)), end)
      } else if (record.type === 'damaged') this.#keepAside(file, start, record)
    }
    file.close()
  }

  #keepAside(
    file: DiskFile,
    start: Position,
    range: { readonly position: Position; readonly end: Position },
  ): void {
    if (this.#quarantined.some(({ position }) => position === range.position)) return
    this.#quarantined.push(quarantine(this.#disk, this.#folder, { file, start }, range))
  }
}

/** A file of a newer version, if there is one; only reads. */
export function findNewer(disk: Disk, folder: string): NewerJournal | undefined {
  for (const start of journalStarts(disk, folder)) {
    const path = journalPath(folder, start)
    const file = disk.open(path, 'read')
    const bytes = new Uint8Array(FILE_HEADER_BYTES)
    const header = decodeFileHeader(bytes.subarray(0, file.read(bytes, 0)))
    file.close()
    if (header.type === 'newer') return { type: 'newer', path, version: header.version }
    const snapshot = snapshotPath(folder, start)
    const content = readWhole(disk, snapshot)
    const decoded = content === undefined ? undefined : decodeAdmission(content)
    if (decoded?.type === 'newer') {
      return { type: 'newer', path: snapshot, version: decoded.version }
    }
  }
  return undefined
}

function bytesOf(file: DiskFile, from: number, to: number): Uint8Array {
  const bytes = new Uint8Array(to - from)
  file.read(bytes, from)
  return bytes
}

function journalStarts(disk: Disk, folder: string): Position[] {
  const starts = disk.list(folder).map(startOfJournalFile)
  return starts.filter(start => start !== undefined).sort((a, b) => a - b)
}

function readWhole(disk: Disk, path: string): Uint8Array | undefined {
  if (!disk.exists(path)) return
  const file = disk.open(path, 'read')
  const bytes = new Uint8Array(file.size())
  file.read(bytes, 0)
  file.close()
  return bytes
}
