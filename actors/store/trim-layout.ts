/** Leaves out of a row group the attribute columns that none of its rows has. */
import type { RowGroupLayout } from './parquet/row-group.ts'
import { attributeOfColumn, columnName, segmentSchema } from './parquet/schema.ts'

/** The same bytes with fewer columns; their places stay where they are. */
export function trimLayout(layout: RowGroupLayout): RowGroupLayout {
  const { schema, columns } = layout
  const isKept = schema.columns.map(
    ({ name }, i) => attributeOfColumn(name) === null || columns[i]?.nullCount !== layout.rowCount,
  )
  const names = new Set(schema.columns.filter((_, i) => isKept[i]).map(({ name }) => name))
  return {
    ...layout,
    schema: segmentSchema(
      schema.attributes.filter(each => names.has(columnName(each))),
      schema.timeUnit,
    ),
    columns: columns.filter((_, i) => isKept[i]),
  }
}
