/** Row groups of published segments with their indexes, to be copied byte for byte. */
import assert from 'node:assert/strict'
import type { Disk, DiskFile } from '#runtime/disk.ts'
import { type IndexLocation, readIndexFile } from './parquet/block-index.ts'
import { readFooter, type StoredRowGroup } from './parquet/footer.ts'
import type { RowGroupLayout } from './parquet/row-group.ts'
import { trimLayout } from './trim-layout.ts'

export interface StoredGroup {
  readonly layout: RowGroupLayout
  readonly bytes: Uint8Array
  readonly index: Uint8Array
}

interface Contents {
  readonly groups: readonly StoredRowGroup[]
  readonly indexes: readonly IndexLocation[]
}

/** Footers are read once: a merge copies hundreds of row groups out of one segment. */
export class SegmentSource {
  readonly #disk: Disk
  readonly #contents = new Map<string, Contents>()

  constructor(disk: Disk) {
    this.#disk = disk
  }

  /** Throws LOGBOY_SEGMENT_CORRUPT, or what the disk does. */
  read(path: string, indexPath: string, group: number): StoredGroup {
    return withFile(this.#disk, path, file =>
      withFile(this.#disk, indexPath, indexFile => {
        const { groups, indexes } = this.#contentsOf(path, file, indexFile)
        const [stored, location] = [groups[group], indexes[group]]
        assert(stored !== undefined, 'the file has the row groups that the manifest names')
        assert(location !== undefined, 'the index has the row groups that the manifest names')
        return {
          layout: trimLayout(stored),
          bytes: reader(file)(stored.start, stored.byteLength),
          index: reader(indexFile)(location.start, location.byteLength),
        }
      }),
    )
  }

  /** Forgets what it knows of files that may be gone. */
  forget(): void {
    this.#contents.clear()
  }

  #contentsOf(path: string, file: DiskFile, indexFile: DiskFile): Contents {
    const known = this.#contents.get(path)
    if (known !== undefined) return known
    const { groups } = readFooter(reader(file), file.size())
    const contents = { groups, indexes: readIndexFile(reader(indexFile), indexFile.size()) }
    this.#contents.set(path, contents)
    return contents
  }
}

export function withFile<Result>(
  disk: Disk,
  path: string,
  run: (file: DiskFile) => Result,
): Result {
  const file = disk.open(path, 'read')
  try {
    return run(file)
  } finally {
    file.close()
  }
}

export function reader(file: DiskFile): (offset: number, length: number) => Uint8Array {
  return (offset, length) => {
    const bytes = Buffer.allocUnsafe(length)
    const read = file.read(bytes, offset)
    return read === length ? bytes : bytes.subarray(0, read)
  }
}
