/**
 * The thread that owns the store's folder: writes segment files with their indexes, keeps the
 * manifest, removes what counts no more. Everything else only reads finished files.
 *
 * A segment is written under a temporary name, synced, renamed, the folder synced; then one
 * manifest record makes it count. What a crash leaves behind before that record is removed at the
 * next start.
 */
import assert from 'node:assert/strict'
import { crc32 } from 'node:zlib'
import type { Disk } from '#runtime/disk.ts'
import type { Service, ThreadTools } from '#runtime/threads.ts'
import {
  type GroupMeta,
  indexName,
  type ManifestPositions,
  type ManifestRecord,
  type ManifestState,
  type SegmentMeta,
  segmentName,
  segmentOfName,
} from './manifest.ts'
import { isDiskError, ManifestFile } from './manifest-file.ts'
import { NewerDataError } from './newer-data-error.ts'
import type { RowGroupLayout } from './parquet/row-group.ts'
import type { SegmentSchema } from './parquet/schema.ts'
import { newerVersion } from './parquet/segment-version.ts'
import { SegmentJob } from './segment-job.ts'
import { reader, SegmentSource, withFile } from './segment-source.ts'

const TEMPORARY = 'writing-'

export interface SegmentWriterOptions {
  readonly folder: string
}

/** What a row group is beside its bytes, before its checksum is known. */
export type GroupFacts = Omit<GroupMeta, 'checksum' | 'bytes'>

export type WriterMessage =
  | { readonly type: 'state' }
  /** Opens a new segment file under a job number of the caller's. */
  | {
      readonly type: 'begin'
      readonly job: number
      readonly level: 0 | 1
      readonly day: number
      readonly schema: SegmentSchema
    }
  /** Adds an encoded row group. */
  | {
      readonly type: 'add'
      readonly job: number
      readonly facts: GroupFacts
      readonly layout: RowGroupLayout
      readonly bytes: Uint8Array
      readonly index: Uint8Array
    }
  /** Adds a row group of a published segment, byte for byte. */
  | {
      readonly type: 'copy'
      readonly job: number
      readonly segmentId: number
      readonly group: number
    }
  /** Lets the files of all jobs count at once and those of `removed` no more. */
  | {
      readonly type: 'publish'
      readonly jobs: readonly number[]
      readonly positions: ManifestPositions | null
      readonly removed: readonly number[]
    }
  | { readonly type: 'abort'; readonly jobs: readonly number[] }
  | { readonly type: 'record'; readonly record: ManifestRecord }
  /** Tries again what is in doubt. */
  | { readonly type: 'settle' }
  /** Removes files of segments that nobody reads any more. */
  | { readonly type: 'remove'; readonly segmentIds: readonly number[] }
  | { readonly type: 'free-bytes' }

export interface WriterState {
  readonly base: ManifestRecord
  /** Manifest records or copies that were damaged and are whole again. */
  readonly repaired: number
  /** Published segments whose files are missing or of another length. */
  readonly missing: readonly number[]
}

export type WriterOutcome =
  /** Durable: these manifest records became so, in this order. */
  | { readonly type: 'done'; readonly records: readonly ManifestRecord[] }
  /** Nothing of it counts, now or later; the caller may begin anew. */
  | { readonly type: 'refused'; readonly code: string; readonly message: string }
  /** It may count or not until `settle` succeeds; files stay. */
  | { readonly type: 'in-doubt'; readonly code: string; readonly message: string }

/** Entry of the thread manifest. */
export function openSegmentWriter(options: SegmentWriterOptions, tools: ThreadTools): Service {
  return new SegmentWriter(options, tools.disk)
}

class SegmentWriter implements Service {
  readonly #folder: string
  readonly #disk: Disk
  readonly #manifest: ManifestFile
  readonly #source: SegmentSource
  readonly #jobs = new Map<number, SegmentJob>()
  readonly #missing: readonly number[]
  #nextSegmentId: number

  constructor({ folder }: SegmentWriterOptions, disk: Disk) {
    this.#folder = folder
    this.#disk = disk
    this.#source = new SegmentSource(disk)
    const inspect = (found: ManifestState): void => this.#refuseNewer(found)
    this.#manifest = new ManifestFile({ disk, folder, inspect })
    this.#nextSegmentId = this.#manifest.state.nextSegmentId
    this.#removeOrphans()
    this.#missing = this.#findMissing()
  }

  handle(message: WriterMessage): unknown {
    switch (message.type) {
      case 'state':
        return this.#state()
      case 'free-bytes':
        return this.#disk.freeBytes(this.#folder)
      case 'publish':
        return this.#publish(message)
      case 'record':
        return this.#durable(() => this.#manifest.append(message.record))
      case 'settle':
        return this.#durable(() => this.#manifest.settle())
      case 'begin':
        return this.#attempt(() => this.#begin(message))
      case 'add':
        return this.#attempt(() => this.#add(message))
      case 'copy':
        return this.#attempt(() => this.#copy(message))
      case 'abort':
        return this.#attempt(() => this.#abort(message.jobs))
      case 'remove':
        return this.#attempt(() => this.#remove(message.segmentIds))
    }
  }

  close(): void {
    this.#attempt(() => this.#abort([...this.#jobs.keys()]))
    this.#manifest.close()
  }

  #state(): WriterState {
    const { state, repaired } = this.#manifest
    return { base: state.base(), repaired, missing: this.#missing }
  }

  #begin({ job, ...kind }: WriterMessage & { type: 'begin' }): void {
    assert(!this.#jobs.has(job), 'a job begins once')
    const path = this.#path(`${TEMPORARY}${job}.parquet`)
    this.#jobs.set(job, new SegmentJob(this.#disk, path, kind))
  }

  #add({ job, facts, layout, bytes, index }: WriterMessage & { type: 'add' }): void {
    const meta = { ...facts, bytes: bytes.length, checksum: crc32(bytes) }
    this.#job(job).add({ meta, layout, bytes, index })
  }

  #copy({ job, segmentId, group }: WriterMessage & { type: 'copy' }): void {
    const meta = this.#manifest.state.segments.get(segmentId)?.groups[group]
    assert(meta !== undefined, 'only published row groups are copied')
    const path = this.#path(segmentName(segmentId))
    const stored = this.#source.read(path, this.#path(indexName(segmentId)), group)
    const { bytes } = stored
    if (bytes.length !== meta.bytes || crc32(bytes) !== meta.checksum) throw damaged(segmentId)
    this.#job(job).add({ meta, ...stored })
  }

  #publish({ jobs, positions, removed }: WriterMessage & { type: 'publish' }): WriterOutcome {
    const finished: SegmentMeta[] = []
    const firstId = this.#nextSegmentId
    const outcome = this.#attempt(() => {
      for (const job of jobs) finished.push(this.#finish(this.#job(job)))
      if (jobs.length > 0) this.#disk.syncFolder(this.#folder)
    })
    if (outcome.type === 'refused') {
      const named = Array.from({ length: this.#nextSegmentId - firstId }, (_, i) => firstId + i)
      this.#attempt(() => this.#remove(named))
      this.#attempt(() => this.#abort(jobs))
      return outcome
    }
    for (const job of jobs) this.#jobs.delete(job)
    this.#source.forget()
    const record = { type: 'publish', positions, added: finished, removed } as const
    return this.#durable(() => this.#manifest.append(record))
  }

  #finish(job: SegmentJob): SegmentMeta {
    const id = this.#nextSegmentId++
    return { id, ...job.finish(this.#path(segmentName(id)), this.#path(indexName(id))) }
  }

  #abort(jobs: readonly number[]): void {
    this.#source.forget()
    for (const number of jobs) {
      const job = this.#jobs.get(number)
      this.#jobs.delete(number)
      job?.discard()
    }
  }

  #remove(segmentIds: readonly number[]): void {
    for (const id of segmentIds) {
      assert(!this.#manifest.state.segments.has(id), 'a published segment keeps its files')
      this.#disk.remove(this.#path(segmentName(id)))
      this.#disk.remove(this.#path(indexName(id)))
    }
  }

  #refuseNewer({ segments }: ManifestState): void {
    for (const { id } of segments.values()) {
      const path = this.#path(segmentName(id))
      if (!this.#disk.exists(path)) continue
      const version = withFile(this.#disk, path, file => newerVersion(reader(file), file.size()))
      if (version !== null) throw new NewerDataError(path, `segment version ${version}`)
    }
  }

  #removeOrphans(): void {
    for (const name of this.#disk.list(this.#folder)) {
      const id = segmentOfName(name)
      const orphan = id === null ? name.startsWith(TEMPORARY) : !this.#isPublished(id)
      if (orphan) this.#attempt(() => this.#disk.remove(this.#path(name)))
    }
  }

  #findMissing(): number[] {
    const missing: number[] = []
    for (const segment of this.#manifest.state.segments.values()) {
      const path = this.#path(segmentName(segment.id))
      if (!this.#disk.exists(path)) missing.push(segment.id)
      else if (withFile(this.#disk, path, file => file.size()) !== segment.bytes)
        missing.push(segment.id)
    }
    return missing
  }

  #isPublished(id: number): boolean {
    return this.#manifest.state.segments.has(id)
  }

  #job(number: number): SegmentJob {
    const job = this.#jobs.get(number)
    assert(job !== undefined, 'a job has begun and has not ended')
    return job
  }

  #path(name: string): string {
    return `${this.#folder}/${name}`
  }

  /** What fails before the manifest was touched has no effect that counts. */
  #attempt(run: () => void): WriterOutcome {
    try {
      run()
      return { type: 'done', records: [] }
    } catch (error) {
      return { type: 'refused', ...describe(error) }
    }
  }

  #durable(run: () => readonly ManifestRecord[]): WriterOutcome {
    try {
      return { type: 'done', records: run() }
    } catch (error) {
      return { type: 'in-doubt', ...describe(error) }
    }
  }
}

function damaged(segmentId: number): Error {
  const error = new Error(`segment ${segmentId} is damaged`)
  return Object.assign(error, { code: 'LOGBOY_SEGMENT_CORRUPT' })
}

/** A failing disk or a damaged file is an outcome; anything else is a bug and goes on up. */
function describe(error: unknown): { code: string; message: string } {
  if (isDiskError(error)) return { code: error.code, message: error.message }
  if (error instanceof Error && 'code' in error && error.code === 'LOGBOY_SEGMENT_CORRUPT') {
    return { code: error.code, message: error.message }
  }
  throw error
}
