/** Turns recent batches into a level-0 segment: one row group per chunk, sorted by project. */
import type { TaskPool } from '#runtime/threads.ts'
import { inLanes } from './lanes.ts'
import type { EncodedRowGroup } from './parquet/row-group.ts'
import { type SegmentSchema, unionSchema } from './parquet/schema.ts'
import type { FlushBatch, RecentChunk } from './recent.ts'
import type { EncodeInput } from './tasks/encode.ts'
import type { WriterClient } from './writer-client.ts'

/** Attribute columns of a file: those of several projects come together. */
export const FILE_ATTRIBUTES_MAX = 256

export interface FlushTools {
  readonly pool: TaskPool
  readonly writer: WriterClient
  /** Row groups encoded at once. */
  readonly lanes: number
}

interface FlushedGroup {
  readonly projectId: string
  readonly encoded: EncodedRowGroup
}

/** Publishes the batch; throws WriteRefused with nothing changed if the disk does not take it. */
export async function flushBatch(batch: FlushBatch, tools: FlushTools): Promise<void> {
  const { writer } = tools
  const groups = await encodeChunks(sortChunks(batch.chunks), tools)
  const jobs: number[] = []
  try {
    for (const file of splitBySchema(groups)) {
      const job = await writer.begin({ level: 0, day: -1, schema: file.schema })
      jobs.push(job)
      for (const { projectId, encoded } of file.groups) await writer.add(job, projectId, encoded)
    }
  } catch (error) {
    await writer.abort(jobs)
    throw error
  }
  await writer.publish({ jobs, positions: batch.positions.pairs(), removed: [] })
}

function sortChunks(chunks: readonly RecentChunk[]): RecentChunk[] {
  return [...chunks].sort((a, b) =>
    a.projectId === b.projectId ? a.timeMinUs - b.timeMinUs : a.projectId < b.projectId ? -1 : 1,
  )
}

async function encodeChunks(
  chunks: readonly RecentChunk[],
  { pool, lanes }: FlushTools,
): Promise<FlushedGroup[]> {
  const encoded: (EncodedRowGroup | null)[] = []
  await inLanes(chunks.entries(), lanes, async ([i, chunk]) => {
    const input: EncodeInput = { recent: chunk.parts, stored: [], schema: null }
    encoded[i] = await pool.run<EncodedRowGroup | null>('store-encode', input)
  })
  return chunks.flatMap(({ projectId }, i) => {
    const group = encoded[i]
    return group ? [{ projectId, encoded: group }] : []
  })
}

/**
 * Row groups in order, a new file where attribute names cannot stand beside each other and for
 * the other unit of time.
 */
function splitBySchema(
  groups: readonly FlushedGroup[],
): { readonly schema: SegmentSchema; readonly groups: readonly FlushedGroup[] }[] {
  const files: { schema: SegmentSchema; groups: FlushedGroup[] }[] = []
  const unitOf = ({ encoded }: FlushedGroup): number => (encoded.schema.timeUnit === 'ms' ? 0 : 1)
  for (const group of groups.toSorted((a, b) => unitOf(a) - unitOf(b))) {
    const { schema } = group.encoded
    const file = files.at(-1)
    const union = file && unionSchema([file.schema, schema], FILE_ATTRIBUTES_MAX)
    if (file && union) {
      file.schema = union
      file.groups.push(group)
    } else files.push({ schema, groups: [group] })
  }
  return files
}
