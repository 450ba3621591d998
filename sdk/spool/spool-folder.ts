/**
 * The spool of one producer: keeps its sealed batches in files until they are settled. One write is
 * on its way at a time, and takes along everything that waits:
 *
 *   append ──▶ | unwritten … | ──write──▶ files, oldest first ──settled──▶ removed
 *
 * Batches reach the disk in their order. So one that is missing between others was settled before
 * its turn to be written came, or is damaged; it is never one that is still to come.
 */
import type { QueuedBatch } from '../batch-queue.ts'
import type { BatchSpool } from '../batch-spool.ts'
import type { Cancel, Clock } from '../clock.ts'
import type { Epoch } from '../producer-epoch.ts'
import type { Random } from '../random.ts'
import { readPatiently, type SpoolDisk, type SpoolFile } from './spool-disk.ts'
import { type KeptFile, SpoolFiles } from './spool-files.ts'
import { encodeFileHeader, encodeRecord, RECORD_HEAD_BYTES, soundBody } from './spool-format.ts'
import { SpoolMarks } from './spool-marks.ts'
import type { SpoolRoom } from './spool-room.ts'
import type { ScannedFile, ScannedSpool } from './spool-scan.ts'

export interface SpoolFolderOptions {
  readonly disk: SpoolDisk
  readonly clock: Clock
  readonly random: Random
  readonly folder: string
  /** Where it goes when it is closed with batches in it, for whoever comes next. */
  readonly releasedFolder: string
  readonly asideFolder: string
  readonly room: SpoolRoom
  readonly onTrouble: (message: string) => void
  /** What an earlier process left in the folder. */
  readonly old?: { readonly files: readonly ScannedFile[]; readonly spool: ScannedSpool }
}

const FILE_BYTES_MAX = 8 * 1024 * 1024
/** One file more or less is no large part of the whole. */
const FILES_MIN = 8
const WRITE_BYTES_MAX = 4 * 1024 * 1024
/** After a failure, and while there is no room. */
const RETRY_MS = 1_000
/** An acknowledgement that no batch takes along is noted after so long. */
const REST_MS = 1_000

interface Unwritten {
  readonly batch: QueuedBatch
  readonly written: () => void
}

interface CurrentFile {
  readonly kept: KeptFile
  readonly file: SpoolFile
}

/** What one write takes along. */
interface Plan {
  readonly kept: KeptFile
  readonly pieces: readonly Uint8Array[]
  readonly bytes: number
  readonly batches: readonly (Unwritten & { readonly position: number })[]
  /** Told when it is written, or cannot be. */
  readonly waiters: readonly (() => void)[]
}

export class SpoolFolder implements BatchSpool {
  /** Writes that failed. */
  failures = 0
  /** Records that were written, whatever became of them. */
  written = 0
  private readonly options: SpoolFolderOptions
  private readonly files: SpoolFiles
  private readonly salt: number
  private unwritten: Unwritten[] = []
  private current: CurrentFile | null = null
  private plan: Plan | null = null
  private readonly marks: SpoolMarks
  private lastOrdinal: number
  /** Something is on its way to the disk. */
  private isBusy = false
  private isStarted = false
  private isEnded = false
  private cancelWait: Cancel | null = null
  private cancelRest: Cancel | null = null
  private closing: (() => void) | null = null
  /** The folder is being removed or left. */
  private isFinishing = false

  constructor(options: SpoolFolderOptions) {
    const { old, random, disk, folder, asideFolder, room } = options
    this.options = options
    this.salt = Math.floor(random.unit() * 0x1_0000_0000)
    this.files = new SpoolFiles({ disk, folder, asideFolder, room, old: old?.files ?? [] })
    this.marks = new SpoolMarks(old?.spool ?? null)
    this.lastOrdinal = old?.spool.batches.at(-1)?.ordinal ?? 0
  }

  /** From now on it may write. */
  start(): void {
    this.isStarted = true
    this.proceed()
  }

  append(batch: QueuedBatch, written: () => void): void {
    this.lastOrdinal = batch.ordinal
    this.unwritten.push({ batch, written })
    this.proceed()
  }

  settled(beforeOrdinal: number, acknowledgedUs: number | null): void {
    if (beforeOrdinal === this.marks.firstUnsettled) return
    this.marks.settled(beforeOrdinal, acknowledgedUs)
    this.files.removeBefore(beforeOrdinal, this.current?.kept ?? null)
    this.proceed()
  }

  renumbered(epoch: Epoch, batches: readonly QueuedBatch[], written: () => void): void {
    this.marks.renumbered(epoch, batches, { lastOrdinal: this.lastOrdinal, written })
    this.proceed()
  }

  read({ place, length }: QueuedBatch, done: (bytes: Uint8Array | null) => void): void {
    const { disk, clock } = this.options
    if (place === null) {
      clock.after(0, () => done(null))
      return
    }
    const path = this.files.pathOf({ name: place.file })
    const from = place.position - RECORD_HEAD_BYTES
    readPatiently<Uint8Array>(
      clock,
      read => disk.read(path, from, RECORD_HEAD_BYTES + length, read),
      (_, record) => done(record === undefined ? null : soundBody(record)),
    )
  }

  /** Writes at once what waits, as far as there is room: the process is about to end. */
  writeNow(): void {
    if (this.isEnded) return
    try {
      // Repeating at its place what may be on its way changes nothing.
      if (this.plan !== null && this.current !== null) this.finishNow(this.current.file, this.plan)
      while (this.needsWrite) {
        const { kept, file } = this.current ?? this.createNow()
        const plan = this.planWrite(kept)
        if (plan === null) break
        this.finishNow(file, plan)
      }
    } catch (error) {
      this.trouble(String(error))
    }
    this.isEnded = true
  }

  /**
   * Ends its work: removes the folder if nothing is left in it, else leaves it to others. `done` is
   * called in any case, once that is over, also if it is closed a second time meanwhile.
   */
  close(done: () => void): void {
    const earlier = this.closing
    this.closing = () => {
      earlier?.()
      done()
    }
    if (this.isFinishing) return
    if (this.isEnded) return done()
    this.isStarted = true
    this.wait(null)
    this.cancelRest?.()
    this.proceed()
  }

  private get isAllSettled(): boolean {
    return this.marks.firstUnsettled > this.lastOrdinal
  }

  private get needsWrite(): boolean {
    while (this.unwritten[0]?.batch.isSettled === true) this.unwritten.shift()
    return this.unwritten.length > 0 || (this.marks.isUrgent && this.files.length > 0)
  }

  private proceed(): void {
    if (this.isBusy || this.isEnded || !this.isStarted || this.cancelWait !== null) return
    const isClosing = this.closing !== null
    const isMarkDue = this.marks.isDue && this.files.length > 0 && !this.isAllSettled
    if (this.needsWrite || (isClosing && isMarkDue)) this.write()
    else if (isClosing) this.finish()
    else this.rest()
  }

  /** Nothing is urgent: acknowledgements are noted, and files that are of no more use removed. */
  private rest(): void {
    if (this.marks.isAwaited) {
      // Nothing lies there under older numbers, as soon as what is being removed is gone.
      this.files.settle(() => this.options.clock.after(0, () => this.marks.release()))
    }
    if (this.files.length === 0 || (!this.marks.isDue && !this.isAllSettled)) return
    this.cancelRest ??= this.options.clock.after(REST_MS, () => {
      this.cancelRest = null
      if (this.isBusy || this.isEnded || this.cancelWait !== null) return
      if (this.isAllSettled) this.leaveCurrent(() => this.proceed())
      else if (this.marks.isDue) this.write()
    })
  }

  private write(): void {
    if (this.current === null) return this.create()
    const { kept, file } = this.current
    const plan = this.planWrite(kept)
    if (plan === null) return this.noRoom()
    this.isBusy = true
    this.plan = plan
    file.write(plan.pieces, kept.bytes, error => {
      if (this.isEnded) return
      this.isBusy = false
      this.plan = null
      if (error === null) this.wrote(plan)
      else this.failed(error, plan)
    })
  }

  /** What has to be said, and the batches that fit; null = there is no room for any. */
  private planWrite(kept: KeptFile): Plan | null {
    const { clock, room } = this.options
    const isNew = kept.bytes === 0
    const { records: marks, waiters } = this.marks.take(isNew)
    const pieces = marks.flatMap(mark => encodeRecord(mark, this.salt))
    if (isNew) pieces.unshift(encodeFileHeader(this.salt))
    const batches: Plan['batches'][number][] = []
    let bytes = pieces.reduce((sum, piece) => sum + piece.length, 0)
    while (this.needsWrite && bytes < WRITE_BYTES_MAX) {
      const [next] = this.unwritten
      const content = next?.batch.bytes ?? null
      if (next === undefined || content === null) break
      if (!room.has(bytes + RECORD_HEAD_BYTES + content.length)) break
      this.unwritten.shift()
      const { ordinal, records } = next.batch
      const sealed = { ordinal, records, sealedUs: clock.nowUs(), bytes: content }
      pieces.push(...encodeRecord({ type: 'batch', ...sealed }, this.salt))
      bytes += RECORD_HEAD_BYTES
      batches.push({ ...next, position: kept.bytes + bytes })
      bytes += content.length
    }
    if (pieces.length === 0) return null
    return { kept, pieces, bytes, batches, waiters }
  }

  private wrote(plan: Plan): void {
    this.note(plan)
    for (const { written } of plan.batches) written()
    for (const waiter of plan.waiters) waiter()
    const { room } = this.options
    const isFull = plan.kept.bytes >= Math.min(FILE_BYTES_MAX, room.bytesMax / FILES_MIN)
    if (isFull) this.leaveCurrent(() => this.proceed())
    else this.proceed()
  }

  private note({ kept, bytes, batches }: Plan): void {
    this.files.grew(kept, bytes)
    for (const { batch, position } of batches) {
      batch.place = { file: kept.name, position }
      kept.lastOrdinal = batch.ordinal
      this.written += batch.records
    }
  }

  /** What may be half written is cut off, and everything comes again in another file. */
  private failed(error: Error, plan: Plan): void {
    this.unwritten.unshift(...plan.batches)
    this.marks.giveBack()
    for (const waiter of plan.waiters) waiter()
    this.isBusy = true
    this.current?.file.truncate(plan.kept.bytes, () => {
      this.isBusy = false
      this.leaveCurrent(() => this.retryLater(error))
    })
  }

  private retryLater(error: Error): void {
    this.failures++
    this.trouble(`it cannot be written: ${error.message}; batches stay in memory alone`)
    this.marks.release()
    this.pause()
  }

  private noRoom(): void {
    this.trouble(`its ${this.options.room.bytesMax} bytes are full; batches stay in memory alone`)
    this.pause()
  }

  private pause(): void {
    if (this.closing !== null) this.finish()
    else this.wait(RETRY_MS)
  }

  private create(): void {
    const { disk, folder } = this.options
    this.isBusy = true
    disk.makeFolder(folder, failure => {
      if (this.isEnded) return
      if (failure !== null) return this.created(failure)
      const kept = this.files.next()
      disk.create(this.files.pathOf(kept), (error, file) => {
        if (this.isEnded) return
        if (file !== undefined) this.begin(kept, file)
        this.created(error)
      })
    })
  }

  private created(error: Error | null): void {
    this.isBusy = false
    if (error === null) this.proceed()
    else this.retryLater(error)
  }

  /** Closes the file that is written; the next write begins another. */
  private leaveCurrent(done: () => void): void {
    const { current } = this
    if (current === null) return done()
    this.current = null
    this.isBusy = true
    current.file.close(() => {
      this.isBusy = false
      if (current.kept.bytes === 0) this.files.removeEmpty(current.kept)
      this.files.removeBefore(this.marks.firstUnsettled, null)
      done()
    })
  }

  private finish(): void {
    const { disk, folder, releasedFolder } = this.options
    if (this.current !== null) return this.leaveCurrent(() => this.finish())
    this.isEnded = true
    this.isFinishing = true
    const done = (): void => {
      this.isFinishing = false
      this.closing?.()
    }
    this.files.settle(() => {
      if (this.files.length === 0) disk.removeFolder(folder, done)
      else disk.move(folder, releasedFolder, done)
    })
  }

  private begin(kept: KeptFile, file: SpoolFile): CurrentFile {
    this.files.add(kept)
    this.current = { kept, file }
    return this.current
  }

  private createNow(): CurrentFile {
    const kept = this.files.next()
    return this.begin(kept, this.options.disk.createNow(this.files.pathOf(kept)))
  }

  private finishNow(file: SpoolFile, plan: Plan): void {
    file.writeNow(plan.pieces, plan.kept.bytes)
    this.note(plan)
  }

  private wait(ms: number | null): void {
    this.cancelWait?.()
    this.cancelWait = null
    if (ms === null) return
    this.cancelWait = this.options.clock.after(ms, () => {
      this.cancelWait = null
      this.proceed()
    })
  }

  private trouble(message: string): void {
    this.options.onTrouble(`spool: ${message}`)
  }
}
