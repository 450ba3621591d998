/** Task: the attribute columns that row groups of a segment really use. */
import type { ThreadTools } from '#runtime/threads.ts'
import type { StoredRowGroup } from '../parquet/footer.ts'
import { type SegmentSchema, segmentSchema } from '../parquet/schema.ts'
import { segmentFiles } from '../segment-files.ts'
import { trimLayout } from '../trim-layout.ts'

export interface SchemaInput {
  readonly path: string
  readonly groups: readonly number[]
}

export function readSchema({ path, groups }: SchemaInput, { disk }: ThreadTools): SegmentSchema {
  return segmentFiles(disk).use(path, ({ footer }) => {
    const wanted = groups.flatMap((group): StoredRowGroup[] =>
      footer.groups.slice(group, group + 1),
    )
    const used = new Set(
      wanted.flatMap(group =>
        trimLayout(group).schema.attributes.map(({ type, key }) => type + key),
      ),
    )
    const { attributes, timeUnit } = footer.schema
    return segmentSchema(
      attributes.filter(({ type, key }) => used.has(type + key)),
      timeUnit,
    )
  })
}
