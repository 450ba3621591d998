/** Task: what DuckDB may read of a segment, and whether its bytes are what was written. */
import { crc32 } from 'node:zlib'
import type { ThreadTools } from '#runtime/threads.ts'
import type { GroupMeta } from '../manifest.ts'
import type { StoredRowGroup } from '../parquet/footer.ts'
import { columnName } from '../parquet/schema.ts'
import { isCorrupt, type OpenSegment, segmentFiles } from '../segment-files.ts'

export interface ExamineInput {
  readonly path: string
  readonly groups: readonly { readonly group: number; readonly meta: GroupMeta }[]
  /** Attributes that are to be read. */
  readonly keys: readonly string[]
  /** Those of them whose numbers are. */
  readonly numbers: readonly string[]
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
  /** Numbers come several times in each row group: there are few different ones. */
  readonly isRepeated: boolean
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
  { groups, keys, numbers, isUnproven }: ExamineInput,
): Examined | null {
  const firstOf: number[] = []
  let rowCount = 0
  for (const group of footer.groups) {
    firstOf.push(rowCount)
    rowCount += group.rowCount
  }
  let hasRest = false
  let isRepeated = true
  for (const { group, meta } of groups) {
    const stored = footer.groups[group]
    if (stored === undefined || stored.rowCount !== meta.rows) return null
    const { restKeys } = stored
    isRepeated &&= areRepeated(stored, numbers)
    hasRest ||= restKeys === null || keys.some(key => restKeys.includes(key))
    if (isUnproven && crc32(read(stored.start, meta.bytes)) !== meta.checksum) return null
  }
  const wanted = footer.schema.attributes.filter(({ key }) => keys.includes(key))
  return {
    columns: wanted.map(({ type, key }) => `attr.${type}.${key}`),
    firstRows: groups.map(({ group }) => firstOf[group] as number),
    rowCount,
    hasRest,
    isRepeated,
  }
}

/** As their writer found: it makes a dictionary of what comes four times on the average. */
function areRepeated({ schema, columns }: StoredRowGroup, keys: readonly string[]): boolean {
  const names = new Set(
    keys.flatMap(key => (['d', 'i'] as const).map(type => columnName({ type, key }))),
  )
  return schema.columns.every(({ name }, i) => {
    const chunk = columns[i]
    if (!names.has(name) || chunk === undefined) return true
    return chunk.dictionaryBytes > 0 || chunk.nullCount === chunk.rowCount
  })
}
