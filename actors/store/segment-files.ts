/**
 * Finished segments as a thread reads them: footers and heads of indexes are kept, files are opened
 * for a moment only, so that a removed segment gives its space back at once.
 */
import type { Disk, DiskFile } from '#runtime/disk.ts'
import { type IndexLocation, RowGroupIndex, readIndexFile } from './parquet/block-index.ts'
import { SegmentCorruptError } from './parquet/corrupt.ts'
import { type ReadRange, readFooter, type SegmentFooter } from './parquet/footer.ts'

/** Row groups whose footers and index heads a thread keeps; about 35 KiB each. */
const GROUPS_KEPT_MAX = 1_024

export interface OpenSegment {
  readonly footer: SegmentFooter
  readonly read: ReadRange
  /** null = the index is damaged or missing: everything has to be read. */
  index(group: number): RowGroupIndex | null
}

export class SegmentFiles {
  /** By this thread, of all files. */
  bytesRead = 0
  readonly #disk: Disk
  /** Least recently used first, each with the number of row groups it was counted with. */
  readonly #segments = new Map<string, { readonly segment: Segment; readonly groups: number }>()
  #groups = 0

  constructor(disk: Disk) {
    this.#disk = disk
  }

  /** Lends a segment to `run`. Throws LOGBOY_SEGMENT_CORRUPT, also where the file is missing. */
  use<Result>(path: string, run: (segment: OpenSegment) => Result): Result {
    const segment = this.#segments.get(path)?.segment ?? this.#open(path)
    this.#forget(path)
    const result = segment.lend(run)
    this.#keep(path, segment)
    return result
  }

  #open(path: string): Segment {
    return new Segment(this.#disk, path, bytes => {
      this.bytesRead += bytes
    })
  }

  #keep(path: string, segment: Segment): void {
    const { groups } = segment
    this.#segments.set(path, { segment, groups })
    this.#groups += groups
    for (const oldest of this.#segments.keys()) {
      if (this.#groups <= GROUPS_KEPT_MAX || oldest === path) break
      this.#forget(oldest)
    }
  }

  #forget(path: string): void {
    this.#groups -= this.#segments.get(path)?.groups ?? 0
    this.#segments.delete(path)
  }
}

const filesOfDisk = new WeakMap<Disk, SegmentFiles>()

/** The files of a disk, one set per thread. */
export function segmentFiles(disk: Disk): SegmentFiles {
  const known = filesOfDisk.get(disk)
  if (known !== undefined) return known
  const files = new SegmentFiles(disk)
  filesOfDisk.set(disk, files)
  return files
}

/** What a reader throws for damaged bytes. */
export function isCorrupt(error: unknown): error is SegmentCorruptError {
  return error instanceof SegmentCorruptError
}

class Segment implements OpenSegment {
  readonly #disk: Disk
  readonly #segmentFile: LentFile
  readonly #indexFile: LentFile
  readonly #indexes: (RowGroupIndex | null)[] = []
  #footer: SegmentFooter | undefined
  /** null = damaged. */
  #locations: readonly IndexLocation[] | null | undefined

  constructor(disk: Disk, path: string, onRead: (bytes: number) => void) {
    this.#disk = disk
    this.#segmentFile = new LentFile(path, onRead)
    this.#indexFile = new LentFile(path.replace(/\.parquet$/, '.idx'), onRead)
  }

  get groups(): number {
    return this.#footer?.groups.length ?? 0
  }

  get read(): ReadRange {
    return this.#segmentFile.read
  }

  get footer(): SegmentFooter {
    const file = this.#segmentFile
    this.#footer ??= readFooter(file.read, file.size)
    return this.#footer
  }

  lend<Result>(run: (segment: OpenSegment) => Result): Result {
    try {
      this.#segmentFile.open(this.#disk)
      return run(this)
    } catch (error) {
      if (!isMissing(error)) throw error
      throw new SegmentCorruptError(error.message)
    } finally {
      this.#segmentFile.close()
      this.#indexFile.close()
    }
  }

  index(group: number): RowGroupIndex | null {
    const known = this.#indexes[group]
    if (known === null) return null
    try {
      this.#indexFile.open(this.#disk)
      if (known !== undefined) return known
      this.#locations ??= readIndexFile(this.#indexFile.read, this.#indexFile.size)
      const index = new RowGroupIndex(this.#indexFile.read, this.#locations[group] as IndexLocation)
      this.#indexes[group] = index
      return index
    } catch (error) {
      if (!isCorrupt(error) && !isMissing(error)) throw error
      this.#indexes[group] = null
      return null
    }
  }
}

/** A file that is open only while it is lent; `read` stays the same function. */
class LentFile {
  readonly #path: string
  readonly #onRead: (bytes: number) => void
  #file: DiskFile | undefined

  constructor(path: string, onRead: (bytes: number) => void) {
    this.#path = path
    this.#onRead = onRead
  }

  get size(): number {
    return this.#opened().size()
  }

  readonly read: ReadRange = (offset, length) => {
    const bytes = new Uint8Array(length)
    const count = this.#opened().read(bytes, offset)
    this.#onRead(count)
    return count === length ? bytes : bytes.subarray(0, count)
  }

  open(disk: Disk): void {
    this.#file ??= disk.open(this.#path, 'read')
  }

  close(): void {
    this.#file?.close()
    this.#file = undefined
  }

  #opened(): DiskFile {
    if (this.#file === undefined) throw new Error('a segment is read only while it is lent')
    return this.#file
  }
}

function isMissing(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
