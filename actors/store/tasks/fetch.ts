/** Task: single rows of units as JSON text. */
import { projectRow } from '#actors/processing/project-row.ts'
import { rowJson } from '#actors/processing/row-json.ts'
import type { ThreadTools } from '#runtime/threads.ts'
import { isCorrupt, segmentFiles } from '../segment-files.ts'
import { openUnitRows, type UnitRef } from '../units.ts'

export interface FetchInput {
  readonly unit: UnitRef
  /** Row numbers in the unit, ascending. */
  readonly numbers: Uint32Array
  /** null = whole rows; else arrays of these fields. */
  readonly fields: readonly string[] | null
  /** With more characters of rows than that it ends. */
  readonly charsMax: number
}

export interface FetchResult {
  /** Empty if the unit is damaged. */
  readonly rows: readonly string[]
  /** What is wrong with the unit; null = nothing. */
  readonly damage: string | null
  /** There are more characters than wanted: the rows are not all. */
  readonly isTooMuch: boolean
}

export function fetchRows(
  { unit, numbers, fields, charsMax }: FetchInput,
  { disk }: ThreadTools,
): FetchResult {
  const rows: string[] = []
  let chars = 0
  try {
    openUnitRows(unit, numbers, segmentFiles(disk), (columns, i) => {
      if (chars > charsMax) return
      const json = rowJson(columns, i)
      const row = fields === null ? json : projectRow(json, fields)
      rows.push(row)
      chars += row.length
    })
    return { rows, damage: null, isTooMuch: chars > charsMax }
  } catch (error) {
    if (!isCorrupt(error)) throw error
    return { rows: [], damage: error.message, isTooMuch: false }
  }
}
