/**
 * The manifest on disk: two copies of one append-only file, byte for byte the same.
 *
 *   manifest-0000000007.a, .b     generation 7; the next one replaces it as a whole
 *   header  'LBMF' | version u32 | CRC-32 of both u32
 *   record  0x4d52 u16 | 0 u16 | length u32 | number u32 | CRC-32 of number and JSON u32 | JSON
 *
 * A record counts if either copy has it whole, so one rotten bit, one lost tail or one torn write
 * is told and repaired. What neither copy has and nothing follows is a write that was never
 * promised.
 */
import assert from 'node:assert/strict'
import { crc32 } from 'node:zlib'
import type { Position } from '#actors/commit-log/positions.ts'
import type { Disk, DiskFile } from '#runtime/disk.ts'
import { type ManifestRecord, ManifestState } from './manifest.ts'
import { NewerDataError } from './newer-data-error.ts'

/**
 * 3: deleted rows. 2: a position per partition, and segments with DELTA_BYTE_ARRAY pages. 1 and 2
 * are read.
 */
const VERSION = 3
const HEADER_BYTES = 12
const FRAME_BYTES = 16
const HEADER_MAGIC = 0x464d424c
const RECORD_MAGIC = 0x524d
const RECORD_BYTES_MAX = 1 << 30
/** A file is written anew when what was appended is larger than its base and than this. */
const REWRITE_BYTES_MIN = 256 * 1024
const COPIES = ['a', 'b'] as const

/** Contents that no repair can save. Nothing on disk was changed. */
export class ManifestError extends Error {
  readonly code = 'LOGBOY_MANIFEST_DAMAGED'
}

export interface ManifestFileOptions {
  readonly disk: Disk
  readonly folder: string
  /** Sees what was found before anything is written; throws to leave all as it is. */
  readonly inspect?: (found: ManifestState) => void
}

/**
 * Opens the newest generation or starts the first. `append` throws where a record is not durable;
 * such a record stays in doubt: the next successful append makes it durable too and answers both.
 */
export class ManifestFile {
  readonly state = new ManifestState()
  /** Copies or records that were damaged at the start and are whole again. */
  repaired = 0
  readonly #disk: Disk
  readonly #folder: string
  #generation = 0
  #files: DiskFile[] = []
  #offset = 0
  #baseBytes = 0
  #number = 0
  #inDoubt: ManifestRecord[] = []
  #broken = true

  constructor(options: ManifestFileOptions) {
    this.#disk = options.disk
    this.#folder = options.folder
    this.#disk.makeFolder(this.#folder)
    this.#generation = this.#load()
    options.inspect?.(this.state)
    try {
      this.#rewrite([])
    } catch (error) {
      // A full disk is no reason not to read: the next append tries again.
      if (!isDiskError(error)) throw error
    }
  }

  /** Makes the record durable; answers all records that became so, in order. */
  append(record: ManifestRecord): readonly ManifestRecord[] {
    this.#inDoubt.push(record)
    return this.settle()
  }

  /** Makes durable what is in doubt; throws like `append`. */
  settle(): readonly ManifestRecord[] {
    const records = this.#inDoubt
    if (records.length === 0) return []
    if (this.#broken || this.#offset - this.#baseBytes > this.#rewriteAt()) this.#rewrite(records)
    else this.#write(records)
    this.#inDoubt = []
    return records
  }

  close(): void {
    for (const file of this.#files) file.close()
    this.#files = []
    this.#broken = true
  }

  #rewriteAt(): number {
    return Math.max(this.#baseBytes, REWRITE_BYTES_MIN)
  }

  /**
   * A record in the first copy is durable; a second copy that fails is replaced by the next append.
   */
  #write(records: readonly ManifestRecord[]): void {
    const frames = records.map((record, i) => frame(record, this.#number + 1 + i))
    const [first, second] = this.#files as [DiskFile, DiskFile]
    this.#broken = true
    first.write(frames, this.#offset)
    first.sync()
    for (const record of records) this.state.apply(record)
    this.#number += records.length
    try {
      second.write(frames, this.#offset)
      second.sync()
      this.#broken = false
    } catch (error) {
      if (!isDiskError(error)) throw error
    }
    this.#offset += frames.reduce((sum, bytes) => sum + bytes.length, 0)
  }

  /** Writes the state after `records` into a new generation. Nothing changes if that fails. */
  #rewrite(records: readonly ManifestRecord[]): void {
    const state = new ManifestState()
    state.apply(this.state.base())
    for (const record of records) state.apply(record)
    const parts = [header(), frame(state.base(), 1)]
    // A copy of a generation that fails may be whole: nothing may follow in the one before.
    this.#broken = true
    const generation = ++this.#generation
    const files: DiskFile[] = []
    try {
      for (const copy of COPIES) files.push(this.#writeCopy(this.#path(generation, copy), parts))
      this.#disk.syncFolder(this.#folder)
    } catch (error) {
      for (const file of files) file.close()
      throw error
    }
    this.#replace(files, parts)
    for (const record of records) this.state.apply(record)
    this.#removeOthers()
  }

  #replace(files: DiskFile[], parts: readonly Uint8Array[]): void {
    for (const file of this.#files) file.close()
    this.#files = files
    this.#offset = parts.reduce((sum, part) => sum + part.length, 0)
    this.#baseBytes = this.#offset
    this.#number = 1
    this.#broken = false
  }

  /**
   * What cannot be removed now is removed with the next generation or at the next start. Never
   * fails: the new generation counts already, and nothing may be added to it a second time.
   */
  #removeOthers(): void {
    try {
      for (const name of this.#disk.list(this.#folder)) {
        if (!name.startsWith('manifest-') || parseName(name)?.generation === this.#generation)
          continue
        this.#disk.remove(`${this.#folder}/${name}`)
      }
    } catch (error) {
      if (!isDiskError(error)) throw error
    }
  }

  #writeCopy(path: string, parts: readonly Uint8Array[]): DiskFile {
    const temporary = `${path}.tmp`
    this.#disk.remove(temporary)
    const file = this.#disk.open(temporary, 'create')
    try {
      file.write(parts, 0)
      file.sync()
      this.#disk.rename(temporary, path)
      return file
    } catch (error) {
      file.close()
      throw error
    }
  }

  #path(generation: number, copy: 'a' | 'b'): string {
    return `${this.#folder}/manifest-${String(generation).padStart(10, '0')}.${copy}`
  }

  /** Reads the newest generation into the state; answers its number, 0 if there is none. */
  #load(): number {
    const names = this.#disk.list(this.#folder).map(parseName)
    const generation = Math.max(0, ...names.map(name => name?.generation ?? 0))
    if (generation === 0) return 0
    const copies = COPIES.map(copy => readCopy(this.#disk, this.#path(generation, copy)))
    const { records, damaged } = mergeCopies(copies, this.#path(generation, 'a'))
    for (const record of records) this.state.apply(record)
    this.repaired = damaged
    return generation
  }
}

/** True for what a disk may answer; everything else is a bug and goes on up. */
export function isDiskError(error: unknown): error is Error & { code: string } {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^E[A-Z]+$/.test(code)
}

function parseName(name: string): { readonly generation: number } | null {
  const match = /^manifest-(\d{10})\.[ab]$/.exec(name)
  return match === null ? null : { generation: Number(match[1]) }
}

function readCopy(disk: Disk, path: string): Buffer {
  if (!disk.exists(path)) return Buffer.alloc(0)
  const file = disk.open(path, 'read')
  try {
    const bytes = Buffer.alloc(file.size())
    return bytes.subarray(0, file.read(bytes, 0))
  } finally {
    file.close()
  }
}

interface Merged {
  readonly records: readonly ManifestRecord[]
  readonly damaged: number
}

/** Takes each record from whichever copy has it whole. */
function mergeCopies(copies: readonly Buffer[], path: string): Merged {
  const whole = copies.filter(hasHeader)
  const damagedHeaders = copies.length - whole.length
  if (whole.length === 0) throw damaged(path, 0)
  for (const copy of whole) refuseNewer(copy, path)
  const records: ManifestRecord[] = []
  let damagedRecords = 0
  let offset = HEADER_BYTES
  for (;;) {
    const found = copies.map(copy => readFrame(copy, offset, records.length + 1))
    const frame = found.find(candidate => candidate !== null)
    if (!frame) break
    damagedRecords += found.filter(candidate => candidate === null).length
    records.push(frame.record)
    offset += frame.bytes
  }
  if (records[0]?.type !== 'base' || copies.some(copy => goesOn(copy, offset, records.length))) {
    throw damaged(path, offset)
  }
  return { records, damaged: damagedHeaders + damagedRecords }
}

function damaged(path: string, offset: number): ManifestError {
  const message = `both copies of the manifest are damaged: ${path} at byte ${offset}`
  return new ManifestError(message)
}

function hasHeader(copy: Buffer): boolean {
  return (
    copy.length >= HEADER_BYTES &&
    copy.readUInt32LE(0) === HEADER_MAGIC &&
    copy.readUInt32LE(8) === crc32(copy.subarray(0, 8))
  )
}

function refuseNewer(copy: Buffer, path: string): void {
  const version = copy.readUInt32LE(4)
  if (version <= VERSION) return
  throw new NewerDataError(path, `manifest version ${version}`)
}

/** A whole record after the end means that what lies between was written, synced and lost. */
function goesOn(copy: Buffer, from: number, number: number): boolean {
  for (let at = from; at + FRAME_BYTES <= copy.length; at++) {
    if (copy.readUInt16LE(at) !== RECORD_MAGIC) continue
    const later = copy.readUInt32LE(at + 8)
    if (later > number && readFrame(copy, at, later) !== null) return true
  }
  return false
}

function header(): Uint8Array {
  const bytes = Buffer.alloc(HEADER_BYTES)
  bytes.writeUInt32LE(HEADER_MAGIC, 0)
  bytes.writeUInt32LE(VERSION, 4)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 8)), 8)
  return bytes
}

function frame(record: ManifestRecord, number: number): Uint8Array {
  const json = Buffer.from(JSON.stringify(record))
  assert(json.length <= RECORD_BYTES_MAX, 'a record fits its frame')
  const bytes = Buffer.alloc(FRAME_BYTES + json.length)
  bytes.writeUInt16LE(RECORD_MAGIC, 0)
  bytes.writeUInt32LE(json.length, 4)
  bytes.writeUInt32LE(number, 8)
  json.copy(bytes, FRAME_BYTES)
  bytes.writeUInt32LE(crc32(json, crc32(bytes.subarray(0, 12))), 12)
  return bytes
}

interface Frame {
  readonly record: ManifestRecord
  readonly bytes: number
}

function readFrame(copy: Buffer, at: number, number: number): Frame | null {
  if (at + FRAME_BYTES > copy.length || copy.readUInt16LE(at) !== RECORD_MAGIC) return null
  const length = copy.readUInt32LE(at + 4)
  if (at + FRAME_BYTES + length > copy.length || copy.readUInt32LE(at + 8) !== number) return null
  const json = copy.subarray(at + FRAME_BYTES, at + FRAME_BYTES + length)
  if (crc32(json, crc32(copy.subarray(at, at + 12))) !== copy.readUInt32LE(at + 12)) return null
  return { record: recordOf(JSON.parse(json.toString())), bytes: FRAME_BYTES + length }
}

/** Version 1 knew the journal alone, and wrote its one position as a number. */
function recordOf(json: ManifestRecord | RecordVersion1): ManifestRecord {
  if (!('position' in json)) return json
  const { position, ...rest } = json
  return { ...rest, positions: position === null ? null : [[0, position]] } as ManifestRecord
}

interface RecordVersion1 {
  readonly position: Position | null
}
