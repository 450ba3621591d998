/** A segment being written: its Parquet file and the index beside it, under temporary names. */
import type { Disk, DiskFile } from '#runtime/disk.ts'
import type { GroupMeta } from './manifest.ts'
import { indexFileEnd } from './parquet/block-index.ts'
import { SEGMENT_VERSION, SegmentBuilder } from './parquet/footer.ts'
import type { RowGroupLayout } from './parquet/row-group.ts'
import type { SegmentSchema } from './parquet/schema.ts'

export interface SegmentKind {
  readonly level: 0 | 1
  readonly day: number
  readonly schema: SegmentSchema
}

/** A row group with its index, both encoded. */
export interface AddedGroup {
  readonly meta: GroupMeta
  readonly layout: RowGroupLayout
  readonly bytes: Uint8Array
  readonly index: Uint8Array
}

export interface FinishedSegment {
  readonly level: 0 | 1
  readonly day: number
  readonly bytes: number
  readonly indexBytes: number
  readonly groups: readonly GroupMeta[]
}

export class SegmentJob {
  readonly #kind: SegmentKind
  readonly #builder: SegmentBuilder
  readonly #groups: GroupMeta[] = []
  readonly #indexLengths: number[] = []
  readonly #data: OutputFile
  readonly #index: OutputFile

  /** Opens both files anew; throws with neither there. */
  constructor(disk: Disk, path: string, kind: SegmentKind) {
    this.#kind = kind
    this.#builder = new SegmentBuilder(kind.schema)
    this.#data = new OutputFile(disk, path)
    this.#index = new OutputFile(disk, `${path}.idx`)
    try {
      this.#data.open()
      this.#index.open()
      this.#data.write([this.#builder.header])
    } catch (error) {
      this.discard()
      throw error
    }
  }

  /** Written at once: what waits in memory does not grow with the segment. */
  add({ meta, layout, bytes, index }: AddedGroup): void {
    this.#data.write([bytes, this.#builder.add(layout)])
    this.#index.write([index])
    this.#groups.push(meta)
    this.#indexLengths.push(index.length)
  }

  /** Completes both files and makes them durable under these paths; the folder is not synced. */
  finish(path: string, indexPath: string): FinishedSegment {
    const projects = JSON.stringify(this.#groups.map(({ projectId }) => projectId))
    const metadata = new Map([
      ['logboy.version', String(SEGMENT_VERSION)],
      ['logboy.projects', projects],
    ])
    this.#data.write([this.#builder.finish(metadata)])
    this.#index.write([indexFileEnd(this.#indexLengths)])
    this.#data.complete()
    this.#index.complete()
    this.#index.rename(indexPath)
    this.#data.rename(path)
    const { level, day } = this.#kind
    const [bytes, indexBytes] = [this.#data.length, this.#index.length]
    return { level, day, bytes, indexBytes, groups: this.#groups }
  }

  /** Removes what is there under the temporary names. */
  discard(): void {
    this.#data.discard()
    this.#index.discard()
  }
}

/** A new file that is written from its start to its end. */
class OutputFile {
  readonly #disk: Disk
  readonly #path: string
  #file: DiskFile | null = null
  #length = 0

  constructor(disk: Disk, path: string) {
    this.#disk = disk
    this.#path = path
  }

  get length(): number {
    return this.#length
  }

  open(): void {
    this.#disk.remove(this.#path)
    this.#file = this.#disk.open(this.#path, 'create')
  }

  write(parts: readonly Uint8Array[]): void {
    this.#file?.write(parts, this.#length)
    this.#length += parts.reduce((sum, part) => sum + part.length, 0)
  }

  complete(): void {
    this.#file?.sync()
    this.#close()
  }

  rename(path: string): void {
    this.#disk.rename(this.#path, path)
  }

  discard(): void {
    this.#close()
    this.#disk.remove(this.#path)
  }

  /** Once: the number of a closed file may be another's by now. */
  #close(): void {
    const file = this.#file
    this.#file = null
    file?.close()
  }
}
