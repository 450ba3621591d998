/** Carries out a compaction: row groups copied or encoded anew, then published in one record. */
import assert from 'node:assert/strict'
import type { TaskPool } from '#runtime/threads.ts'
import type { CompactionPlan, PlannedGroup, PlannedSegment } from './compaction.ts'
import { FILE_ATTRIBUTES_MAX } from './flush.ts'
import type { EncodedRowGroup } from './parquet/row-group.ts'
import { type SegmentSchema, segmentSchema, unionSchema } from './parquet/schema.ts'
import type { EncodeInput } from './tasks/encode.ts'
import type { SchemaInput } from './tasks/schema.ts'
import { WriteRefused, type WriterClient } from './writer-client.ts'

export interface CompactorTools {
  readonly pool: TaskPool
  readonly writer: WriterClient
  readonly pathOf: (segmentId: number) => string
}

export type CompactionOutcome =
  | { readonly type: 'done' }
  | { readonly type: 'refused'; readonly code: string }
  /** An input cannot be read in full: it is to be left out from now on. */
  | { readonly type: 'damaged'; readonly segmentIds: readonly number[] }

/** All rows of a row group. */
const WHOLE = { receivedFromUs: 0, day: null, deleted: null } as const

/** Nothing has changed unless it answers 'done'. */
export async function compact(
  plan: CompactionPlan,
  tools: CompactorTools,
): Promise<CompactionOutcome> {
  const jobs: number[] = []
  const run = new Compaction(plan, tools)
  try {
    let rows = 0
    for (const output of plan.outputs) rows += await run.write(output, jobs)
    assert(plan.rows === null || plan.rows === rows, 'compaction neither loses nor doubles a row')
  } catch (error) {
    const refused = refusal(error, run.reading)
    await tools.writer.abort(jobs)
    return refused
  }
  try {
    const removed = plan.inputs.map(({ id }) => id)
    await tools.writer.publish({ jobs, positions: null, removed })
    return { type: 'done' }
  } catch (error) {
    return refusal(error, [])
  }
}

function refusal(error: unknown, reading: readonly number[]): CompactionOutcome {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'LOGBOY_SEGMENT_CORRUPT') return { type: 'damaged', segmentIds: reading }
  // A thread that died, or is too busy: the inputs are as they were.
  const isPassing = error instanceof WriteRefused || code.startsWith('LOGBOY_THREAD_')
  if (isPassing) return { type: 'refused', code }
  throw error
}

class Compaction {
  /** Segments of the row groups that are being read. */
  reading: readonly number[] = []
  readonly #plan: CompactionPlan
  readonly #tools: CompactorTools

  constructor(plan: CompactionPlan, tools: CompactorTools) {
    this.#plan = plan
    this.#tools = tools
  }

  /** Answers how many rows it wrote. */
  async write(output: PlannedSegment, jobs: number[]): Promise<number> {
    const { writer } = this.#tools
    const { level, day, groups } = output
    const schema = await this.#schemaFor(groups)
    let job: number | null = null
    let rows = 0
    for (const group of groups) {
      const encoded = isCopied(group, schema.fits) ? null : await this.#encode(group, schema.schema)
      if (encoded === null && group.type === 'encode') continue
      if (job === null) {
        job = await writer.begin({ level, day, schema: schema.schema })
        jobs.push(job)
      }
      if (encoded !== null) {
        await writer.add(job, this.#projectOf(group), encoded)
        rows += encoded.rowCount
      } else if (group.type === 'copy') {
        this.reading = [group.segmentId]
        await writer.copy(job, group.segmentId, group.group)
        rows += group.rows
      }
    }
    return rows
  }

  async #encode(group: PlannedGroup, schema: SegmentSchema): Promise<EncodedRowGroup | null> {
    const { pool, pathOf } = this.#tools
    const from = group.type === 'encode' ? group.from : [{ ...group, ...WHOLE }]
    this.reading = [...new Set(from.map(({ segmentId }) => segmentId))]
    const stored = from.map(({ segmentId, ...kept }) => ({ path: pathOf(segmentId), ...kept }))
    const input: EncodeInput = { recent: [], stored, schema }
    return await pool.run<EncodedRowGroup | null>('store-encode', input)
  }

  #projectOf(group: PlannedGroup): string {
    if (group.type === 'encode') return group.projectId
    const segment = this.#plan.inputs.find(({ id }) => id === group.segmentId)
    return (
      segment?.groups[group.group]?.projectId ?? assert.fail('a copied row group has a project')
    )
  }

  /** One schema for the file; row groups of segments that do not fit it are encoded anew. */
  async #schemaFor(groups: readonly PlannedGroup[]): Promise<{
    readonly schema: SegmentSchema
    readonly fits: ReadonlySet<number>
  }> {
    const { pool, pathOf } = this.#tools
    const own = new Map<number, SegmentSchema>()
    for (const [id, numbers] of groupsBySegment(groups)) {
      this.reading = [id]
      const input: SchemaInput = { path: pathOf(id), groups: numbers }
      own.set(id, await pool.run<SegmentSchema>('store-schema', input))
    }
    // Milliseconds do not say every microsecond, but the other way round.
    const isMillis = [...own.values()].every(({ timeUnit }) => timeUnit === 'ms')
    let schema = segmentSchema([], isMillis ? 'ms' : 'us')
    const fits = new Set<number>()
    for (const [id, each] of own) {
      const union = unionSchema([schema, each], FILE_ATTRIBUTES_MAX)
      if (union === null) continue
      schema = union
      fits.add(id)
    }
    return { schema, fits }
  }
}

function isCopied(group: PlannedGroup, fits: ReadonlySet<number>): boolean {
  return group.type === 'copy' && fits.has(group.segmentId)
}

function groupsBySegment(groups: readonly PlannedGroup[]): Map<number, number[]> {
  const numbers = new Map<number, number[]>()
  for (const group of groups) {
    for (const each of group.type === 'copy' ? [group] : group.from) {
      const known = numbers.get(each.segmentId)
      if (known === undefined) numbers.set(each.segmentId, [each.group])
      else known.push(each.group)
    }
  }
  return numbers
}
