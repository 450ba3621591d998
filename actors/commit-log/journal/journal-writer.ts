import assert from 'node:assert/strict'
import type { Disk, DiskFile } from '#runtime/disk.ts'
import type { Random } from '#runtime/random.ts'
import type { Service, ThreadTools } from '#runtime/threads.ts'
import type { Position } from '../positions.ts'
import { diskFailure, type JournalFile, journalPath, snapshotPath } from './journal-files.ts'
import { encodeFileHeader, FILE_HEADER_BYTES } from './journal-format.ts'
import { GroupImage, type GroupMessage } from './journal-group.ts'
import {
  findNewer,
  type NewerJournal,
  type RecoveryOutcome,
  recoverJournal,
} from './journal-recovery.ts'

export interface JournalWriterOptions {
  readonly folder: string
  /** Stays free on the disk, so that what was acknowledged can still become segments. */
  readonly diskReserveBytes: number
}

export type JournalWriterMessage =
  | { readonly type: 'find-newer' }
  | {
      readonly type: 'recover'
      /** Nothing is appended before it: consumers have passed it, whatever the files say. */
      readonly endAtLeast: Position
    }
  | {
      readonly type: 'append'
      readonly group: GroupMessage
      /** The admission table as of now, encoded: then the group begins a new file. */
      readonly snapshot: Uint8Array | null
      /** Bytes that are acknowledged and will need room in segments. */
      readonly unflushedBytes: number
      /** No consumer needs anything before it: given up first when room gets short. */
      readonly neededFrom: Position
    }
  | {
      readonly type: 'trim'
      readonly neededFrom: Position
      /** Files are kept while younger than this, as long as all together are not larger. */
      readonly keepAfterUs: number
      readonly keepBytes: number
    }
  | { readonly type: 'probe'; readonly unflushedBytes: number; readonly neededFrom: Position }

export type AppendReply = (
  | {
      readonly type: 'durable'
      /** Where each entry ends. */
      readonly ends: Float64Array
      readonly end: Position
    }
  | {
      readonly type: 'failed'
      readonly reason: 'disk-full' | 'disk-failed'
      readonly detail: string
      /** Its bytes could not be taken back for sure: a later start may find the group. */
      readonly mayBeStored: boolean
    }
) & {
  /** null = as before, only that the last one is longer. */
  readonly files: readonly JournalFile[] | null
}

export interface TrimReply {
  readonly files: readonly JournalFile[]
}

export interface ProbeReply {
  readonly room: boolean
  readonly files: readonly JournalFile[]
}

type JournalWriterReply =
  | NewerJournal
  | undefined
  | RecoveryOutcome
  | AppendReply
  | TrimReply
  | ProbeReply

interface OpenFile {
  readonly file: DiskFile
  readonly start: Position
  readonly salt: number
}

/**
 * Owns the journal's files, on a thread of its own: every call returns after its bytes are on disk,
 * so that what waits meanwhile becomes the next group. It knows nothing of producers or consumers.
 */
export class JournalWriter implements Service {
  readonly #disk: Disk
  readonly #random: Random
  readonly #folder: string
  readonly #diskReserveBytes: number
  #files: JournalFile[] = []
  #current: OpenFile | null = null
  #end = 0
  /** Of the group at hand, something whole may be on disk though writing it failed. */
  #mayBeStored = false

  constructor(options: JournalWriterOptions, tools: ThreadTools) {
    this.#disk = tools.disk
    this.#random = tools.random
    this.#folder = options.folder
    this.#diskReserveBytes = options.diskReserveBytes
  }

  handle(message: JournalWriterMessage): JournalWriterReply {
    switch (message.type) {
      case 'find-newer':
        return findNewer(this.#disk, this.#folder)
      case 'recover':
        return this.#recover(message.endAtLeast)
      case 'append':
        return this.#append(message)
      case 'trim':
        return this.#trim(message)
      case 'probe':
        return { room: this.#hasRoom(message, 0), files: this.#files }
    }
  }

  /**
   * An empty group behind the last one proves, at the next start, that the last one was durable:
   * damage found in it then is rot and costs one entry, not the group.
   */
  close(): void {
    if (this.#current === null) return
    try {
      this.#write(this.#current, GroupImage.empty(this.#end, this.#current.salt))
    } catch (error) {
      if (diskFailure(error) === undefined) throw error
    }
    this.#current?.file.close()
    this.#current = null
  }

  #recover(endAtLeast: Position): RecoveryOutcome {
    assert(this.#current === null && this.#files.length === 0, 'a journal is recovered once')
    const outcome = recoverJournal(this.#disk, this.#folder)
    if (outcome.type === 'newer') return outcome
    this.#files = [...outcome.files]
    this.#end = Math.max(outcome.end, endAtLeast)
    const last = outcome.files.at(-1)
    if (last !== undefined && last.end === this.#end) {
      const file = this.#disk.open(journalPath(this.#folder, last.start), 'update')
      this.#current = { file, start: last.start, salt: outcome.salt }
    }
    return { ...outcome, end: this.#end }
  }

  #append(message: JournalWriterMessage & { readonly type: 'append' }): AppendReply {
    const { group, snapshot } = message
    const filesBefore = this.#files
    const changed = (): JournalFile[] | null => (this.#files === filesBefore ? null : this.#files)
    this.#mayBeStored = false
    try {
      if (!this.#hasRoom(message, group.bytes + (snapshot?.length ?? 0))) {
        const detail = 'the reserve of free space is reached'
        const files = changed()
        return { type: 'failed', reason: 'disk-full', detail, mayBeStored: false, files }
      }
      const image =
        this.#current === null || snapshot !== null
          ? this.#startFile(group, snapshot)
          : this.#extendFile(this.#current, group)
      this.#end = image.end
      return { type: 'durable', ends: image.ends, end: image.end, files: changed() }
    } catch (error) {
      const reason = diskFailure(error)
      if (reason === undefined) throw error
      const detail = (error as Error).message
      return { type: 'failed', reason, detail, mayBeStored: this.#mayBeStored, files: changed() }
    }
  }

  #extendFile(current: OpenFile, group: GroupMessage): GroupImage {
    const image = new GroupImage(group, this.#end, current.salt)
    try {
      current.file.write(image.parts, this.#end - current.start)
    } catch (error) {
      this.#cutBack(current)
      throw error
    }
    try {
      current.file.sync()
    } catch (error) {
      if (diskFailure(error) === undefined) throw error
      // A second sync of the same pages may succeed without having written them.
      this.#mayBeStored = true
      this.#abandon(current)
      return this.#startFile(group, null)
    }
    this.#setEnd(image.end)
    return image
  }

  /**
   * Begins a file with this group. If that fails nothing may follow in the file before: the new
   * file's name may be on disk already, or come back after a crash, and says where that one ends.
   */
  #startFile(group: GroupMessage, snapshot: Uint8Array | null): GroupImage {
    const start = this.#end
    const salt = this.#random.uint32()
    const firstReceivedAtUs = group.receivedAtUs[0] as number
    const image = new GroupImage(group, start + FILE_HEADER_BYTES, salt)
    const header = encodeFileHeader({ salt, start, firstReceivedAtUs })
    let file: DiskFile | undefined
    let isNamed = false
    try {
      if (snapshot !== null) this.#writeSnapshot(start, snapshot)
      this.#disk.remove(journalPath(this.#folder, start))
      file = this.#disk.open(journalPath(this.#folder, start), 'create')
      file.write([header, ...image.parts], 0)
      file.sync()
      isNamed = true
      this.#disk.syncFolder(this.#folder)
    } catch (error) {
      if (diskFailure(error) === undefined) throw error
      const isGone = this.#giveUpFile(start, file)
      // A second sync of the folder may succeed without having removed what the first one named.
      if (isNamed || !isGone) this.#mayBeStored = true
      throw error
    }
    this.#current?.file.close()
    this.#current = { file, start, salt }
    const begun = { start, end: image.end, firstReceivedAtUs, hasSnapshot: snapshot !== null }
    this.#files = [...this.#files.filter(each => each.start < start), begun]
    return image
  }

  #writeSnapshot(start: Position, bytes: Uint8Array): void {
    const path = snapshotPath(this.#folder, start)
    this.#disk.remove(path)
    const file = this.#disk.open(path, 'create')
    try {
      file.write([bytes], 0)
      file.sync()
    } finally {
      file.close()
    }
  }

  /** Answers whether the journal file is gone for sure. */
  #giveUpFile(start: Position, file: DiskFile | undefined): boolean {
    this.#tryDisk(() => file?.truncate(0))
    file?.close()
    this.#tryDisk(() => this.#disk.remove(snapshotPath(this.#folder, start)))
    this.#current?.file.close()
    this.#current = null
    return this.#tryDisk(() => {
      this.#disk.remove(journalPath(this.#folder, start))
      if (file !== undefined) this.#disk.syncFolder(this.#folder)
    })
  }

  #write(current: OpenFile, image: GroupImage): void {
    current.file.write(image.parts, this.#end - current.start)
    current.file.sync()
    this.#setEnd(image.end)
    this.#end = image.end
  }

  /** What a failed write left is cut off, durably; if that fails too the file is left alone. */
  #cutBack(current: OpenFile): void {
    const isCut = this.#tryDisk(() => {
      current.file.truncate(this.#end - current.start)
      current.file.sync()
    })
    if (isCut) return
    this.#mayBeStored = true
    this.#abandon(current)
  }

  /** The next group begins a new file at the end of the log; readers stop this one there. */
  #abandon(current: OpenFile): void {
    this.#tryDisk(() => current.file.truncate(this.#end - current.start))
    current.file.close()
    this.#current = null
  }

  /** Answers whether the disk did it. */
  #tryDisk(run: () => void): boolean {
    try {
      run()
      return true
    } catch (error) {
      if (diskFailure(error) === undefined) throw error
      return false
    }
  }

  #hasRoom(
    { unflushedBytes, neededFrom }: { unflushedBytes: number; neededFrom: Position },
    bytes: number,
  ): boolean {
    const needed = this.#diskReserveBytes + unflushedBytes + bytes
    if (this.#disk.freeBytes(this.#folder) >= needed) return true
    this.#trim({ neededFrom, keepAfterUs: Number.POSITIVE_INFINITY, keepBytes: 0 })
    return this.#disk.freeBytes(this.#folder) >= needed
  }

  /** Removes the oldest files, up to one that has the admission table of all before it. */
  #trim(limits: {
    readonly neededFrom: Position
    readonly keepAfterUs: number
    readonly keepBytes: number
  }): TrimReply {
    const keep = firstToKeep(this.#files, limits)
    for (const { start } of this.#files.slice(0, keep)) {
      this.#disk.remove(journalPath(this.#folder, start))
      this.#disk.remove(snapshotPath(this.#folder, start))
      // One by one, so that a power loss leaves no hole between files.
      this.#disk.syncFolder(this.#folder)
    }
    if (keep > 0) this.#files = this.#files.slice(keep)
    return { files: this.#files }
  }

  #setEnd(end: Position): void {
    const last = this.#files.at(-1)
    assert(last !== undefined)
    this.#files[this.#files.length - 1] = { ...last, end }
  }
}

function firstToKeep(
  files: readonly JournalFile[],
  limits: {
    readonly neededFrom: Position
    readonly keepAfterUs: number
    readonly keepBytes: number
  },
): number {
  const end = files.at(-1)?.end ?? 0
  let keep = 0
  for (const [index, { end: fileEnd }] of files.entries()) {
    const next = files[index + 1]
    if (next === undefined || fileEnd > limits.neededFrom) break
    const old = next.firstReceivedAtUs <= limits.keepAfterUs
    if (!old && end - fileEnd < limits.keepBytes) break
    if (next.hasSnapshot) keep = index + 1
  }
  return keep
}

/** For the manifest: the journal's service. */
export function createJournalWriter(
  options: JournalWriterOptions,
  tools: ThreadTools,
): JournalWriter {
  return new JournalWriter(options, tools)
}
