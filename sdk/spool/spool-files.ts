/**
 * The files of one spool, oldest first. They go in that order alone: what a later one says of the
 * batches of an earlier one stays as long as those.
 */
import { basename, join } from 'node:path'
import type { SpoolDisk } from './spool-disk.ts'
import { numberOfSpoolFile, spoolFileName } from './spool-format.ts'
import type { SpoolRoom } from './spool-room.ts'
import type { ScannedFile } from './spool-scan.ts'

export interface KeptFile {
  readonly name: string
  /** Bytes that are whole. */
  bytes: number
  /** The highest ordinal in it; 0 = it has no batch. */
  lastOrdinal: number
  readonly isDamaged: boolean
}

/** Damaged files that are kept for a person to look at; later ones are removed like sound ones. */
const SET_ASIDE_MAX = 8

export interface SpoolFilesOptions {
  readonly disk: SpoolDisk
  readonly folder: string
  /** Where damaged files go. */
  readonly asideFolder: string
  readonly room: SpoolRoom
  /** Files of an earlier process, already counted in `room`. */
  readonly old: readonly ScannedFile[]
}

export class SpoolFiles {
  private readonly options: SpoolFilesOptions
  private kept: KeptFile[]
  private lastNumber: number
  /** Removals on their way. */
  private removing = 0
  private whenGone: (() => void)[] = []

  constructor(options: SpoolFilesOptions) {
    this.options = options
    this.kept = options.old.map(keptOf)
    this.lastNumber = numberOfSpoolFile(options.old.at(-1)?.name ?? '') ?? 0
  }

  get length(): number {
    return this.kept.length
  }

  /** The next file, which is yet to be made and then added. */
  next(): KeptFile {
    return { name: spoolFileName(++this.lastNumber), bytes: 0, lastOrdinal: 0, isDamaged: false }
  }

  add(file: KeptFile): void {
    this.kept.push(file)
  }

  pathOf({ name }: { readonly name: string }): string {
    return join(this.options.folder, name)
  }

  grew(file: KeptFile, bytes: number): void {
    file.bytes += bytes
    this.options.room.take(bytes)
  }

  /** Removes the oldest files as far as they have nothing from this ordinal on. */
  removeBefore(ordinal: number, current: KeptFile | null): void {
    for (let [oldest] = this.kept; oldest !== undefined; [oldest] = this.kept) {
      if (oldest === current || oldest.lastOrdinal >= ordinal) return
      this.kept.shift()
      this.discard(oldest)
    }
  }

  /** Takes away a file of which nothing is whole. */
  removeEmpty(file: KeptFile): void {
    this.kept = this.kept.filter(other => other !== file)
    this.discard(file)
  }

  /** Calls `done` when no removal is on its way. */
  settle(done: () => void): void {
    if (this.removing === 0) done()
    else this.whenGone.push(done)
  }

  private discard(file: KeptFile): void {
    const { disk, room } = this.options
    this.removing++
    const gone = (): void => {
      room.give(file.bytes)
      if (--this.removing > 0) return
      for (const done of this.whenGone.splice(0)) done()
    }
    if (file.isDamaged) this.setAside(file, gone)
    else disk.removeFile(this.pathOf(file), gone)
  }

  private setAside(file: KeptFile, done: () => void): void {
    const { disk, folder, asideFolder } = this.options
    const path = this.pathOf(file)
    disk.list(asideFolder, (_, names = []) => {
      if (names.length >= SET_ASIDE_MAX) return disk.removeFile(path, done)
      disk.makeFolder(asideFolder, () => {
        disk.move(path, join(asideFolder, `${basename(folder)}-${file.name}`), done)
      })
    })
  }
}

function keptOf({ name, bytes, damage, records }: ScannedFile): KeptFile {
  const ordinals = records.map(record => (record.type === 'batch' ? record.ordinal : 0))
  const lastOrdinal = ordinals.reduce((max, ordinal) => Math.max(max, ordinal), 0)
  return { name, bytes, lastOrdinal, isDamaged: damage !== null }
}
