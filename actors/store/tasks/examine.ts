/** Task: what DuckDB may read of a segment, and whether its bytes are what was written. */
import { crc32 } from 'node:zlib'
import type { ThreadTools } from '#runtime/threads.ts'
import type { GroupMeta } from '../manifest.ts'
import { isCorrupt, type OpenSegment, segmentFiles } from '../segment-files.ts'

export interface ExamineInput {
  readonly path: string
  readonly groups: readonly { readonly group: number; readonly meta: GroupMeta }[]
  /** Attributes that are to be read. */
  readonly keys: readonly string[]
  /** Bytes are proven as well; DuckDB itself would not notice a rotten one. */
  readonly isUnproven: boolean
}

export interface Examined {
  /** Names of the columns of these attributes, of any type. */
  readonly columns: readonly string[]
  /** Rows before each row group, in the order asked, and their number. */
  readonly firstRows: readonly number[]
  /** Rows of the file. */
  readonly rowCount: number
  /** Some row keeps one of the attributes in the JSON column. */
  readonly hasRest: boolean
}

/** null = damaged. */
export function examine(input: ExamineInput, { disk }: ThreadTools): Examined | null {
  try {
    return segmentFiles(disk).use(input.path, segment => examineSegment(segment, input))
  } catch (error) {
    if (!isCorrupt(error)) throw error
    return null
  }
}

function examineSegment(
  { footer, read }: OpenSegment,
  { groups, keys, isUnproven }: ExamineInput,
): Examined | null {
  const firstOf: number[] = []
  let rowCount = 0
  for (const group of footer.groups) {
    firstOf.push(rowCount)
    rowCount += group.rowCount
  }
  let hasRest = false
  for (const { group, meta } of groups) {
    const stored = footer.groups[group]
    if (stored === undefined || stored.rowCount !== meta.rows) return null
    const { restKeys } = stored
    hasRest ||= restKeys === null || keys.some(key => restKeys.includes(key))
    if (isUnproven && crc32(read(stored.start, meta.bytes)) !== meta.checksum) return null
  }
  const wanted = footer.schema.attributes.filter(({ key }) => keys.includes(key))
  return {
    columns: wanted.map(({ type, key }) => `attr.${type}.${key}`),
    firstRows: groups.map(({ group }) => firstOf[group] as number),
    rowCount,
    hasRest,
  }
}
